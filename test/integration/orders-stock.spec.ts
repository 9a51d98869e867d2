import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CommerceCallers } from '../support/commerce/route-case.js';
import { makeOrder, makeProduct, type MadeProduct } from '../support/commerce/things.js';
import { startCommerce, type Commerce } from '../support/commerce/start-commerce.js';

describe('the stock of a product', () => {
  let commerce: Commerce;
  let callers: CommerceCallers;

  beforeAll(async () => {
    commerce = await startCommerce();
    callers = commerce;
  });
  afterAll(() => commerce.close());

  const stockOf = async ({ id }: MadeProduct) =>
    (await callers.customer.send<MadeProduct>('GET', `/products/${id}`)).body.stock;
  const order = (items: readonly object[]) => callers.customer.send('POST', '/orders', { items });
  const change = (id: string, items: readonly object[]) => callers.customer.send('PATCH', `/orders/${id}`, { items });
  const cancel = (id: string) => callers.customer.send('POST', `/orders/${id}/cancel`, { reason: 'by mistake' });

  it('is never sold twice, and no order waits forever, however many come at once', async () => {
    const pen = await makeProduct(callers, { stock: 7 });
    const ink = await makeProduct(callers, { stock: 7 });
    const lines = [
      { sku: pen.sku, quantity: 1 },
      { sku: ink.sku, quantity: 1 },
    ];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, turn) => order(turn % 2 === 0 ? lines : [...lines].reverse())),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(13);
    expect([await stockOf(pen), await stockOf(ink)]).toEqual([0, 0]);
  });

  it('loses nothing when orders are changed and canceled at once', async () => {
    const pen = await makeProduct(callers, { stock: 50 });
    const ink = await makeProduct(callers, { stock: 50 });
    const ids = await Promise.all(
      Array.from({ length: 6 }, (_, turn) => makeOrder(callers, [{ sku: (turn % 2 ? pen : ink).sku, quantity: 2 }])),
    );
    const answers = await Promise.all(
      ids.flatMap((id, turn) => [
        change(id, [
          { sku: (turn % 2 ? ink : pen).sku, quantity: 3 },
          { sku: (turn % 2 ? pen : ink).sku, quantity: 1 },
        ]),
        cancel(id),
      ]),
    );

    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect([await stockOf(pen), await stockOf(ink)]).toEqual([50, 50]);
  });
});

describe('the price of a product', () => {
  let commerce: Commerce;
  beforeAll(async () => {
    commerce = await startCommerce();
  });
  afterAll(() => commerce.close());

  it("is the order's, whatever the item says, and stays what it was when the order was placed", async () => {
    const { sku, id: productId } = await makeProduct(commerce, { priceCents: 150 });
    const items = [
      { sku, quantity: 2, unitPriceCents: 1 },
      { sku: 'gift wrap', quantity: 1, unitPriceCents: 5 },
    ];
    const placed = await commerce.customer.send('POST', '/orders', { items });
    expect(placed.body).toEqual({ id: placed.body.id, status: 'new', totalCents: 305 });

    await commerce.admin.send('PUT', `/products/${productId}/price`, { priceCents: 999 });
    const shown = await commerce.customer.send('GET', `/orders/${String(placed.body.id)}`);
    expect(shown.body).toMatchObject({ totalCents: 305 });
    expect(shown.body.items).toEqual([
      { sku, quantity: 2, unitPriceCents: 150 },
      { sku: 'gift wrap', quantity: 1, unitPriceCents: 5 },
    ]);
  });
});
