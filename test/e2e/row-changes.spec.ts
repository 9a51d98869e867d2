import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, type Commerce } from '../support/commerce/start-commerce.js';
import { eventually } from '../support/eventually.js';
import { runSql } from '../support/sql.js';

interface RowEvent {
  readonly type: string;
  readonly actor: object;
  readonly resource: object;
  readonly changes: { readonly diff?: readonly object[] };
  readonly details: Readonly<Record<string, unknown>>;
}

describe('the reference application with AUDIT_ROW_CHANGES', () => {
  let commerce: Commerce;

  beforeAll(async () => {
    commerce = await startCommerce({ AUDIT_ROW_CHANGES: 'true' });
  });
  afterAll(() => commerce.close());

  /** The events of changed rows of a resource, oldest first, once there are so many. */
  const changesOf = (id: string, count: number): Promise<readonly RowEvent[]> =>
    eventually(async () => {
      const events = await commerce.admin.events(`category=data_change&order=asc&resourceId=${id}`);
      return events.length >= count && (events as unknown as readonly RowEvent[]);
    });

  it('says what the application changed, and who changed a price by psql', async () => {
    const product = { sku: 'pen-1', name: 'Pen', priceCents: 150 };
    const { body } = await commerce.admin.send<{ id: string }>('POST', '/products', product);
    await commerce.admin.send('PUT', `/products/${body.id}/price`, { priceCents: 175 });
    await runSql(commerce.superuserUrl, 'UPDATE catalog_product SET price_cents = 1 WHERE id = $1', [body.id]);
    const events = await changesOf(body.id, 3);
    expect(events.map(({ type, changes }) => [type, changes.diff])).toEqual([
      ['row_inserted', undefined],
      ['row_updated', [{ path: '/price_cents', from: 150, to: 175 }]],
      ['row_changed_externally', [{ path: '/price_cents', from: 175, to: 1 }]],
    ]);
    expect(events[2]).toMatchObject({
      actor: { type: 'service', id: 'postgres' },
      resource: { type: 'product', id: body.id },
      details: { schema: 'public', table: 'catalog_product', operation: 'UPDATE', role: 'postgres' },
    });
    expect(events[2]?.details.pid).toEqual(expect.any(Number));
  });
});
