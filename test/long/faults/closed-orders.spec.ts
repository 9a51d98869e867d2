import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ValidationPipe, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { AppModule } from '../../../src/shop/app.module.js';
import { AUDIT_OPTIONS } from '../../../src/audit/audit-options.js';
import { resolveAuditOptions } from '../../../src/audit/resolve-audit-options.js';
import { readConfig } from '../../../src/shop/config/index.js';
import { TENANCY_EVENTS } from '../../../src/shop/tenancy/index.js';
import { ApiClient } from '../../support/api-client.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { ADMIN } from '../../support/reference-app.js';
import { settled } from '../../support/settled.js';
import { runSql } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const CLIENTS = 10;
/** Orders placed before the fault, and after its repair. A busy machine needs more requests to place them. */
const PLACED = 20;
const STRUCK = 60;
/** A busy machine stores a log-in's events in less time. Orders wait for a locked ledger until this time is over. */
const TIMEOUT_MS = 2_000;

/** Resolves with the function that undoes the fault. */
type Fault = (superuserUrl: string) => Promise<() => Promise<void>>;

const revoke: Fault = async (superuserUrl) => {
  await runSql(superuserUrl, 'REVOKE INSERT ON audit_inbox FROM app, audit_writer, audit_keeper, audit_sequencer');
  return async () => {
    const columns = 'INSERT (version, seed, mac, body, packed, bytes, lines)';
    await runSql(superuserUrl, `GRANT ${columns} ON audit_inbox TO audit_writer, audit_keeper, audit_sequencer`);
    await runSql(superuserUrl, 'GRANT INSERT ON audit_inbox TO app');
  };
};

const lock: Fault = async (superuserUrl) => {
  const holder = new pg.Client({ connectionString: superuserUrl });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE audit_inbox IN ACCESS EXCLUSIVE MODE');
  return () => holder.end();
};

const SOLD = `SELECT DISTINCT items -> 0 ->> 'sku' AS sku FROM orders_order WHERE items -> 0 ->> 'sku' LIKE 'tea-%'`;
const AUDITED = `
  SELECT request_id FROM audit_event
   WHERE action = 'order_creation' AND outcome IN ('success', 'attempted')`;

let orders: TestDatabase;
let ledger: TestDatabase;
let spillDir: string;
let app: INestApplication | undefined;

beforeEach(async () => {
  [orders, ledger] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  spillDir = await mkdtemp(join(tmpdir(), 'closed-orders-'));
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await rm(spillDir, { recursive: true });
  await Promise.all([orders.drop(), ledger.drop()]);
});

async function start(ledgerUrl: string): Promise<ApiClient> {
  const config = readConfig({
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    AUDIT_ON_FAILURE: 'closed',
    AUDIT_SPILL_DIR: spillDir,
    AUDIT_SIGNING_KEY_FILE: freshKeyFile(),
  });
  const asked = resolveAuditOptions({
    onFailure: 'closed',
    spillDir,
    events: TENANCY_EVENTS,
    providerTimeoutMs: TIMEOUT_MS,
  });
  const testing = await Test.createTestingModule({ imports: [AppModule.forRoot(config, orders.url, { ledgerUrl })] })
    .overrideProvider(AUDIT_OPTIONS)
    .useValue({ ...asked, maxSpillBytes: 1 })
    .compile();
  app = testing.createNestApplication({ logger: false });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo; // Node's, listening on a port
  const client = new ApiClient(`http://127.0.0.1:${port}`);
  expect(await client.logIn(ADMIN.email, ADMIN.password)).toBe(200);
  return client;
}

interface Seen {
  readonly sku: string;
  readonly status: number;
  readonly requestId: string | null;
}

async function placeOrders(client: ApiClient, strike: () => Promise<() => Promise<void>>): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  let [next, placed, answers] = [0, 0, 0];
  let heal: Promise<() => Promise<void>> | undefined;
  let healed: Promise<void> | undefined;
  const end = (): Promise<void> | undefined => (healed ??= heal?.then((giveBack) => giveBack()));
  const place = async (): Promise<void> => {
    while (placed < 2 * PLACED) {
      const sku = `tea-${next++}`;
      const items = [{ sku, quantity: 1, unitPriceCents: 450 }];
      const { status, headers } = await client.send('POST', '/orders', { items });
      seen.push({ sku, status, requestId: headers.get('x-request-id') });
      const isStruck = heal !== undefined && healed === undefined;
      if (isStruck) answers++;
      else if (status === 201) placed++;
      if (placed === PLACED) heal ??= strike(); // while the others' orders are under way
      if (answers === STRUCK) await end();
    }
  };
  try {
    await Promise.all(Array.from({ length: CLIENTS }, place));
  } finally {
    await end();
  }
  return seen;
}

it.each([
  ['its ledger, in the database of the orders, is revoked', (): TestDatabase => orders, revoke],
  ['its ledger, in the database of the orders, is locked', (): TestDatabase => orders, lock],
  ['its ledger, in a database of its own, is revoked', (): TestDatabase => ledger, revoke],
  ['its ledger, in a database of its own, is locked', (): TestDatabase => ledger, lock],
])(
  'a closed application whose spill is full commits no order without its event or its attempt while %s',
  async (_what, ledgerDatabase, fault) => {
    const { url, superuserUrl } = ledgerDatabase();
    const seen = await placeOrders(await start(url), () => fault(superuserUrl));
    const sold = new Set((await runSql(orders.url, SOLD)).map(({ sku }) => sku));
    await settled(ledgerDatabase());
    const audited = new Set((await runSql(url, AUDITED)).map(({ request_id: id }) => id));

    const committed = seen.filter(({ sku }) => sold.has(sku));
    expect(committed.filter(({ requestId }) => !audited.has(requestId))).toEqual([]);
    expect(committed.filter(({ status }) => status === 503)).toEqual([]);
    expect(seen.filter(({ sku, status }) => status === 201 && !sold.has(sku))).toEqual([]);
    expect(committed.length).toBeGreaterThanOrEqual(2 * PLACED);
    expect(seen.filter(({ status }) => status === 503).length).toBeGreaterThan(0);
  },
);
