import { type AuditEvent } from '../../src/audit/index.js';
import { Catalogue, buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import type { LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import type { Archives } from '../../src/monitoring/keep/archive/archives.js';
import { storeEvents } from './stored-events.js';
import { ARCHIVE_QUERY, ArchivedEvents } from '../../src/monitoring/read/query/archived/archived-events.service.js';
import { AuditQuery } from '../../src/monitoring/read/query/audit-query.service.js';
import { LedgerReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { freshKeyFile } from './fresh-key-file.js';
import { makeSequencer, makeSigner } from './log-scene.js';
import { makeArchives, policyBy, retireWith } from './retention-scene.js';
import { idAt, sampleEvent } from './sample-event.js';
import { withClient } from './sql.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export interface ArchivedScene {
  readonly database: TestDatabase;
  readonly ledger: AuditQuery;
  ledgerWithin(timeoutMs: number): AuditQuery;
  readonly archives: Archives;
  readonly folder: string;
  readonly keyFile: string;
  readonly verifierKey: string;
  retire(): Promise<void>;
  seal(): Promise<void>;
  close(): Promise<void>;
}

const PAYMENT = { category: 'payment', type: 'payment_received', action: 'payment_receipt' };
const POLICY = policyBy({ days: 30, categories: { payment: 'forever' } });

export const SUBJECT = 'p-1';
export const PERSON = 'grace@example.com';

export const ACCESSES: readonly LedgerAccess[] = [
  { scope: 'all' },
  { scope: 'tenants', tenantIds: ['acme', 'other "tenant"'] },
  { scope: 'subject', subjectId: SUBJECT },
  { scope: 'subject', subjectId: PERSON },
];

/** DuckDB may read parts of this name as a pattern, as a column's value or as the end of a text. */
const FOLDER = "json=1 [a]*'?-";

function variedEvents(month: string): readonly AuditEvent[] {
  const at = (nth: number): string =>
    `${month}-${String(1 + (nth % 27)).padStart(2, '0')}T10:00:00.${String(100 + nth)}Z`;
  const varied: readonly Partial<AuditEvent>[] = [
    {},
    { details: { amount: 1_000, currency: 'EUR', at: '2026-01-05T10:00:00Z', list: [1, [2, 'two'], { deep: 'x' }] } },
    { details: { amount: '1000.50', currency: 'eur', flag: true, none: null, at: '2026-01-05', empty: [] } },
    { details: { amount: 0.1, big: 9007199254740992, huge: 1e21, small: 1.5e-7, 'dotted.name': 1, flag: 'true' } },
    { details: { text: 'Größe STRASSE "quoted" \\ % _ 12.5', customer: { email: PERSON, name: 'Grace Hopper' } } },
    {
      details: { customer: [{ email: 'a@example.com', n: 12.5 }, { email: PERSON }], '0': { '1': 'x' } },
      reason: 'Order was late',
    },
    { actor: { type: 'user', id: SUBJECT, name: 'Ada', sessionId: 's-9' }, reason: 'ÄRGER with the courier' },
    { actor: { type: 'admin', id: PERSON, name: 'Grace Hopper' }, resource: { type: 'user', id: SUBJECT } },
    {
      actor: { type: 'admin', id: 'u-7', onBehalfOf: { type: 'user', id: SUBJECT } },
      resource: { type: 'order', id: PERSON },
      reason: 'for a person',
    },
    { actor: { type: 'system' }, resource: { type: 'user', id: PERSON } },
    { actor: { type: 'user', id: PERSON }, details: { card: 'visa', note: 'hello card' }, metadata: { region: 'eu' } },
    {
      tenantId: 'other "tenant"',
      type: 'user_login_failed',
      action: 'user_login',
      outcome: 'failure',
      category: 'authentication',
    },
    {
      tenantId: 'third',
      severity: 'critical',
      outcome: 'denied',
      metadata: { region: ['eu', 'us'], retentionDays: 1 },
    },
    { request: { id: 'r-2', ip: '10.1.2.3', method: 'GET', route: '/orders/:id', statusCode: 404 } },
    {
      request: {
        ip: '2001:db8::7',
        userAgent: 'curl/8.5 (x)',
        method: 'DELETE',
        statusCode: 503,
        traceId: 'cd'.repeat(16),
      },
    },
    {
      changes: {
        before: { a: 1 },
        after: { a: 2 },
        diff: [
          { path: '/items/0/sku', from: 'a', to: 'b' },
          { path: '/b~1c', to: 1 },
        ],
      },
    },
    {
      resource: { type: 'session', id: 's-9' },
      changes: { diff: [] },
      error: { name: 'TypeError', message: `no ${PERSON}` },
    },
    { ...PAYMENT, details: { amount: 42, currency: 'EUR' } },
  ];
  const bare = Object.entries(sampleEvent()).filter(
    ([name]) => !['tenantId', 'resource', 'request', 'changes', 'reason', 'error', 'detailsIssues'].includes(name),
  );
  const min = {
    ...Object.fromEntries(bare),
    actor: { type: 'system' },
    details: { store: 'acme', asked: SUBJECT }, // names a tenant and a person, and is of neither
    metadata: {},
  } as Partial<AuditEvent>; // these are optional
  const events = varied.map((fields, nth) => sampleEvent({ occurredAt: at(nth), id: idAt(at(nth)), ...fields }));
  return [...events, { ...(min as AuditEvent), id: idAt(at(20)), occurredAt: at(20) }];
}

export async function makeArchivedScene(): Promise<ArchivedScene> {
  const database = await createTestDatabase();
  const keyFile = freshKeyFile();
  const signer = await makeSigner(keyFile);
  const { sequencer } = makeSequencer(database.url, signer);
  const { archives, folder } = await makeArchives(signer, FOLDER);
  const rules = buildCatalogueFactRules();
  const now = new Date().toISOString();
  await withClient(database.url, async (client) => {
    for (const month of ['2026-01', '2026-02']) {
      await client.query('SELECT audit_event_make_partition($1)', [`${month}-01T00:00:00Z`]);
      await storeEvents(client, variedEvents(month), () => rules);
    }
    const recent = Array.from({ length: 3 }, () => sampleEvent({ occurredAt: now }));
    await storeEvents(client, recent, () => rules);
  });
  await sequencer.run();
  sequencer.start(); // commands record what they read
  const reader = new LedgerReader({ connectionUrl: database.url, maxReadConnections: 1 });
  const ledgerWithin = (timeoutMs: number): AuditQuery => {
    const archived = new ArchivedEvents(reader, archives, { ...ARCHIVE_QUERY, timeoutMs });
    return new AuditQuery(reader, new Catalogue(), archived);
  };
  return {
    database,
    archives,
    folder,
    keyFile,
    verifierKey: signer.verifierKey,
    ledger: ledgerWithin(60_000),
    ledgerWithin,
    seal: async () => {
      await sequencer.run();
    },
    retire: async () => {
      await retireWith(sequencer, { connectionUrl: database.url, archives, policy: POLICY });
    },
    close: async () => {
      await reader.onApplicationShutdown();
      await sequencer.stop();
      await sequencer.close();
      await database.drop();
    },
  };
}
