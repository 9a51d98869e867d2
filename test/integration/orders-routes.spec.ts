import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.js';
import { COMMERCE_ROUTES } from '../support/commerce-routes.js';
import type { CommerceCallers } from '../support/commerce/route-case.js';
import { startCommerce, type Commerce } from '../support/commerce/start-commerce.js';
import { ADAPTERS } from '../support/http-app.js';

describe.each(ADAPTERS)('every state-changing route of products, orders and payments, on %s', (adapter) => {
  let commerce: Commerce;
  let callers: CommerceCallers;

  beforeAll(async () => {
    commerce = await startCommerce({ HTTP_ADAPTER: adapter });
    callers = commerce;
  });
  afterAll(() => commerce.close());

  it.each(COMMERCE_ROUTES)('$route $case: $type', async (row) => {
    const prepared = await row.prepare(callers);
    const requestId = randomUUID();
    const [method = ''] = row.route.split(' ');
    const answer = await callers[row.by].send<{ id?: string }>(method, prepared.path, prepared.body, {
      'x-request-id': requestId,
    });
    expect([answer.status, answer.body]).toEqual([row.status, expect.anything()]);

    const events = await callers.admin.events(`requestId=${requestId}`);
    expect(events).toHaveLength(1);
    const seen: Readonly<Record<string, unknown>> = { ...events[0] };
    const id = prepared.resourceId === undefined ? answer.body.id : (prepared.resourceId ?? undefined);
    const request = { statusCode: row.status };
    expect(seen).toMatchObject({ type: row.type, outcome: row.outcome, request });
    expect(seen.reason).toBe(row.reason);
    expect(seen.resource).toEqual({ type: row.resourceType, ...(id === undefined ? {} : { id }) });
    expect(seen.details).toEqual(prepared.details ?? {});
    if (prepared.changes) expect(seen.changes).toMatchObject(prepared.changes);
    else expect(seen.changes).toBeUndefined();
    expect(seen.detailsIssues).toBeUndefined();
    expect(seen.category).toBe(categoryOf(row.type));
    const isExpected = row.outcome === 'success' || row.outcome === 'partial';
    expect(seen.severity).toBe(isExpected ? 'info' : 'warning');
    expect(seen.actor).toMatchObject({ type: row.by === 'nobody' ? 'anonymous' : 'user' });
  });

  it('describes each of them', async () => {
    const { body } = await new ApiClient(commerce.url).send<{ paths: Record<string, object> }>('GET', '/docs-json');
    const described = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    const changing = described.filter((route) => /^(?!GET).* \/(?:products|orders)/.test(route));
    expect(changing.sort()).toEqual([...new Set(COMMERCE_ROUTES.map(({ route }) => route))].sort());
  });
});

function categoryOf(type: string): string {
  if (/^(?:product|price|inventory)_/.test(type)) return 'catalog';
  return type.startsWith('payment_') ? 'payment' : 'order';
}
