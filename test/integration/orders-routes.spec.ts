import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { kept, onEach } from '../support/kept.js';
import { COMMERCE_ROUTES } from '../support/commerce-routes.js';
import { startCommerce } from '../support/commerce/start-commerce.js';
import { MAIN_ADAPTERS } from '../support/http-app.js';

describe.each(
  await onEach(MAIN_ADAPTERS, async (adapter) => ({ commerce: await kept(startCommerce({ HTTP_ADAPTER: adapter })) })),
)('every state-changing route of products, orders and payments, on $adapter', ({ commerce }) => {
  it.each(COMMERCE_ROUTES)('$route: $type', async (row) => {
    const { id: given, body, details, changes } = await row.prepare(commerce);
    const requestId = randomUUID();
    const [method = '', path = ''] = row.route.replace(':id', given ?? '').split(' ');
    const headers = { 'x-request-id': requestId };
    const answer = await commerce[row.by].send<{ id?: string }>(method, path, body, headers);
    expect(answer.status).toBe(row.status);

    await commerce.settled();
    const events = await commerce.admin.events(`requestId=${requestId}`);
    expect(events).toHaveLength(1);
    const id = given ?? (row.outcome === 'success' ? answer.body.id : undefined);
    expect(events[0]).toMatchObject({
      type: row.type,
      outcome: row.outcome,
      request: { statusCode: row.status },
      resource: { type: row.resourceType, ...(id === undefined ? {} : { id }) },
      severity: row.outcome === 'success' ? 'info' : 'warning',
      actor: { type: row.by === 'nobody' ? 'anonymous' : 'user' },
    });
    const seen: Readonly<Record<string, unknown>> = { ...events[0] };
    expect([seen.reason, seen.details, seen.detailsIssues]).toEqual([row.reason, details ?? {}, undefined]);
    if (changes) expect(seen.changes).toMatchObject({ before: changes[0], after: changes[1] });
    else expect(seen.changes).toBeUndefined();
  });
});
