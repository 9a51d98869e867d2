import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LedgerProvider } from '../../src/modules/monitoring/index.js';
import { ApiClient } from '../support/api-client.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { sampleEvent } from '../support/sample-event.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** The event that every example of the tables in docs/guides/query.md finds. */
const EVENT = sampleEvent({
  type: 'user_login_failed',
  action: 'user_login',
  outcome: 'failure',
  category: 'authentication',
  severity: 'warning',
  actor: {
    type: 'service',
    id: 'svc-billing',
    name: 'Billing',
    sessionId: 's-7',
    onBehalfOf: { type: 'user', id: 'u-2' },
  },
  tenantId: 's-1',
  resource: { type: 'order', id: 'ord-2026-1' },
  request: {
    id: 'r-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    ip: '203.0.113.7',
    userAgent: 'curl/8.5',
    method: 'POST',
    route: '/orders/:id/payments',
    statusCode: 502,
  },
  reason: 'Card declined',
  details: {
    amount: '1200.00',
    note: '>5*',
    payment: { method: 'card' },
    items: [{ sku: 'a-1' }, { sku: 'b-2' }],
    dueAt: '2026-11-01T01:30:00+02:00',
  },
  metadata: { region: 'eu' },
  changes: { diff: [{ path: '/status', from: 'open', to: 'failed' }] },
});

/** The examples of the tables: what stands in the last cell of each row, as code. */
async function examplesOfGuide(): Promise<readonly string[]> {
  const guide = await readFile('docs/guides/query.md', 'utf8');
  const [, filters = ''] = /^## Filters$(.*?)^## /ms.exec(guide) ?? [];
  const cells = [...filters.matchAll(/^\|.*\|([^|]*)\|$/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, example = '']) => example));
}

const examples = await examplesOfGuide();

describe('the filters in docs/guides/query.md', () => {
  let database: TestDatabase;
  let app: ReferenceApp;
  let admin: ApiClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startReferenceApp(database.url);
    admin = new ApiClient(app.url);
    await admin.logIn(ADMIN.email, ADMIN.password);
    await app.app.get(LedgerProvider).record([EVENT]);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it.each(examples)('find an event by %s', async (example) => {
    const found = await admin.events(example);
    expect(found.map(({ id }) => id)).toContain(EVENT.id);
  });

  it('are all that the route takes', async () => {
    const { body } = await admin.send<{ paths: Record<string, { get: { parameters: { name: string }[] } }> }>(
      'GET',
      '/docs-json',
    );
    const described = body.paths['/audit/events']?.get.parameters.map(({ name }) => name) ?? [];
    const named = new Set(examples.map((example) => example.split(/[[=]/, 1)[0]?.replace(/\..*/, '.{path}')));
    const pages = ['order', 'limit', 'cursor', 'fields', 'archived'];
    expect(described.filter((name) => !named.has(name) && !pages.includes(name))).toEqual([]);
    expect([...named].filter((name) => !described.includes(String(name)))).toEqual([]);
  });
});
