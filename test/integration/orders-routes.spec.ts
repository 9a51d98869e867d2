import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
});

function categoryOf(type: string): string {
  if (/^(?:product|price|inventory)_/.test(type)) return 'catalog';
  return type.startsWith('payment_') ? 'payment' : 'order';
}
