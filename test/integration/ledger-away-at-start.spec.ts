import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller, Inject, Param, Post } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditedTransaction } from '../../src/audit/index.js';
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy.js';
import { eventually, type ListeningApp, runSql, tempFolder } from '../support/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { freePort } from '../support/free-port.js';

@Controller('orders')
class OrderController {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  @Post(':id')
  @AuditedTransaction('order_creation', { onFailure: 'closed' })
  async create(@Param('id') id: string): Promise<void> {
    await this.source.query('INSERT INTO purchase VALUES ($1)', [id]);
  }
}

let database: TestDatabase;
let ledger: TestDatabase;
let spillDir: string;
let running: ListeningApp | undefined;
let proxy: CountingProxy | undefined;

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  ledger = await createTestDatabase();
  spillDir = await tempFolder('audit-spill-');
  await database.sql('CREATE TABLE purchase (id text PRIMARY KEY)');
});
afterEach(async () => {
  await running?.app.close();
  await proxy?.close();
  await database.drop();
  await ledger.drop();
});

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
      imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url })],
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
    proxy = await startCountingProxy(address.hostname, Number(address.port), port);
    expect(answers).toEqual([201, 201, 201]);
    const stored = async () => {
      const rows = await runSql(ledger.url, `SELECT outcome FROM audit_event WHERE action = 'order_creation'`);
      return rows.map(({ outcome }) => outcome).sort();
    };
    await eventually(async () => (await stored()).length === 6);
    expect(await stored()).toEqual(['attempted', 'attempted', 'attempted', 'success', 'success', 'success']);
  },
);
