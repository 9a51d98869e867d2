import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller, Inject, Param, Post } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditAggregator, AuditedTransaction, assessHealth } from '../../src/audit/index.js';
import { DELIVERY_TIMING } from '../../src/audit/delivery/delivery-timing.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import type { StateReport } from '../../src/monitoring/store/state.dto.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy.js';
import {
  createTestDatabase,
  eventually,
  tempFolder,
  testDatabase,
  type ListeningApp,
  type TestDatabase,
} from '../support/index.js';
import { freePort } from '../support/free-port.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { withTiming } from '../support/with-timing.js';

/** All other limits are 30 s or longer here, so a part that waits for one of them exceeds this time. */
const PROMPT_MS = 20_000;

withTiming({ scrapeMs: 200, bootMs: 200, silentMs: 500 });

const orders = await testDatabase({ empty: true });
await orders.sql('CREATE TABLE purchase (id text)');
let ledger: TestDatabase;
let spillDir: string;
let proxy: CountingProxy;
let running: ListeningApp | undefined;

beforeEach(async () => {
  ledger = await createTestDatabase();
  spillDir = await tempFolder('audit-spill-');
  const { hostname, port } = new URL(ledger.url);
  proxy = await startCountingProxy(hostname, Number(port));
});
afterEach(async () => {
  await running?.app.close();
  await proxy.close();
  await ledger.drop();
});

async function start(connectionUrl: string, providerTimeoutMs = 60_000): Promise<ListeningApp> {
  const extensions = [RowChangesModule.forRoot(), StreamsModule.forRoot(), AlertsModule.forRoot()];
  running = await startLedgerApp(connectionUrl, { audit: { spillDir, providerTimeoutMs }, extensions });
  return running;
}

function throughProxy(): string {
  return Object.assign(new URL(ledger.url), { host: `127.0.0.1:${proxy.port}` }).href;
}

async function promptly<Result>(work: () => Promise<Result>): Promise<Result> {
  const startedMs = performance.now();
  const result = await work();
  expect(performance.now() - startedMs).toBeLessThan(PROMPT_MS);
  return result;
}

async function stop({ app }: ListeningApp): Promise<void> {
  running = undefined;
  await app.close();
}

it('a ledger whose server never answers does not delay the start, health and the shutdown', async () => {
  proxy.fallSilent();
  const listening = await promptly(() => start(throughProxy()));
  await promptly(() => stop(listening));
});

it('a ledger that stops answering is reported at once, and its events are in the spill after a prompt shutdown', async () => {
  const checkMs = DELIVERY_TIMING.checkMs;
  const listening = await start(throughProxy());
  const { app, url } = listening;
  const audit = app.get(AuditAggregator);
  await audit.record('order_created');
  await eventually(() => Promise.resolve(app.get(Sequencer).status.role === 'leading'));

  proxy.fallSilent();
  Object.assign(DELIVERY_TIMING, { checkMs: 400 });
  const { state, reasons } = assessHealth(await promptly(() => audit.health()), audit.spill());
  expect({ state, reasons }).toEqual({
    state: 'degraded',
    reasons: [expect.stringMatching(/no answer within 200 ms/)],
  });
  const report = await promptly(async () => (await (await fetch(`${url}/audit/state`)).json()) as StateReport);
  const silent = report.parts
    .filter(({ message }) => message === 'The ledger does not answer.')
    .map(({ name }) => name);
  expect(silent).toEqual(['checkpoint', 'publishing', 'retention', 'consumers']);
  const lost = [1, 2, 3].map(() => audit.record('order_paid'));
  await promptly(() => stop(listening));
  const receipts = await Promise.all(lost);
  expect(receipts.map(({ providers }) => providers.database?.status)).toEqual(['spilled', 'spilled', 'spilled']);
  Object.assign(DELIVERY_TIMING, { checkMs });

  await start(ledger.url);
  await eventually(async () => {
    const rows = await ledger.superuserSql(
      `SELECT FROM audit_event JOIN audit_leaf ON event_id = id WHERE type = 'order_paid'`,
    );
    return rows.length === 3;
  });
});

it('a ledger that does not answer holds 64 MiB of events in memory at most: further events are spilled at once', async () => {
  const { app } = await start(throughProxy(), 3_000);
  const audit = app.get(AuditAggregator);
  proxy.fallSilent();
  const details = { texts: Array.from({ length: 3 }, () => 'x'.repeat(16_000)) };
  const receipts = await Promise.all(Array.from({ length: 2_000 }, () => audit.record('order_paid', { details })));
  const isOver = receipts.map(({ providers }) => JSON.stringify(providers).includes('more than 64 MiB'));
  expect([isOver.at(0), isOver.at(-1)]).toEqual([false, true]);
});

@Controller('orders')
class OrderController {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  @Post(':id')
  @AuditedTransaction('order_creation', { onFailure: 'closed' })
  async create(@Param('id') id: string): Promise<void> {
    await this.source.query('INSERT INTO purchase VALUES ($1)', [id]);
  }
}

it.each(['refuses connections', 'hangs'])(
  'a ledger in a database of its own that %s since the start costs no closed transaction its answer',
  async (how) => {
    const address = new URL(ledger.url);
    const port = await freePort();
    const sockets = new Set<Socket>();
    let hanging: Server | undefined;
    if (how === 'hangs') hanging = createServer((socket) => sockets.add(socket)).listen(port, '127.0.0.1');
    const connectionUrl = Object.assign(new URL(address), { host: `127.0.0.1:${port}` }).href;
    running = await startLedgerApp(connectionUrl, {
      audit: { spillDir, providerTimeoutMs: 300 },
      imports: [TypeOrmModule.forRoot({ type: 'postgres', url: orders.url })],
      controllers: [OrderController],
    });
    const { url } = running;
    const answers: number[] = [];
    for (const id of ['a', 'b', 'c']) {
      const answer = await fetch(`${url}/orders/${id}`, { method: 'POST' });
      answers.push(answer.status);
    }
    for (const socket of sockets) socket.destroy();
    if (hanging) await new Promise((resolve) => hanging.close(resolve));
    await proxy.close();
    proxy = await startCountingProxy(address.hostname, Number(address.port), port);
    expect(answers).toEqual([201, 201, 201]);
    const stored = async () => {
      const rows = await ledger.sql(`SELECT outcome FROM audit_event WHERE action = 'order_creation'`);
      return rows.map(({ outcome }) => outcome).sort();
    };
    await eventually(async () => (await stored()).length === 6);
    expect(await stored()).toEqual(['attempted', 'attempted', 'attempted', 'success', 'success', 'success']);
  },
);
