import { describe, expect, it } from '@jest/globals';
import { makeProduct, productFacts, type MadeProduct } from '../support/commerce/things.js';
import { startCommerce } from '../support/commerce/start-commerce.js';
import { kept } from '../support/kept.js';

interface Entry {
  readonly id: string;
  readonly type: string;
}
const commerce = await kept(startCommerce());

const historyOf = async (id: string, query = ''): Promise<readonly Entry[]> => {
  const { status, body } = await commerce.admin.send<{ items: readonly Entry[] }>(
    'GET',
    `/products/${id}/history${query}`,
  );
  expect(status).toBe(200);
  return body.items;
};

describe('products', () => {
  it('are shown to everybody who is logged in, and showing them is not an event', async () => {
    const pen = await makeProduct(commerce);
    const [ink, book] = [await makeProduct(commerce), await makeProduct(commerce, { active: false })];
    const recorded = async () => {
      await commerce.settled();
      return (await commerce.admin.events()).filter(({ type }) => type !== 'audit_log_viewed').length;
    };
    const before = await recorded();
    const list = async (query: string) =>
      (await commerce.customer.send<{ items: readonly MadeProduct[] }>('GET', `/products${query}`)).body.items;

    expect((await commerce.customer.send('GET', `/products/${pen.id}`)).body).toEqual(pen);
    expect(await list('?limit=2')).toEqual([book, ink]);
    expect(await list(`?limit=1&before=${ink.id}`)).toEqual([pen]);
    expect((await commerce.customer.send('GET', '/products?limit=201')).status).toBe(400);
    expect((await commerce.customer.send('GET', `/products/${crypto.randomUUID()}`)).status).toBe(404);
    expect((await commerce.nobody.send('GET', '/products')).status).toBe(401);
    expect((await commerce.nobody.send('GET', `/products/${pen.id}`)).status).toBe(401);
    expect(await recorded()).toBe(before);
  });

  it('have a SKU each, however many are made at once', async () => {
    const body = productFacts();
    const answers = await Promise.all(Array.from({ length: 8 }, () => commerce.admin.send('POST', '/products', body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
  });

  it('their history tells administrators what was done and tried, newest first, also after the deletion', async () => {
    const { id } = await makeProduct(commerce);
    await commerce.admin.send('PUT', `/products/${id}/price`, { priceCents: 175 });
    await commerce.customer.send('PUT', `/products/${id}/price`, { priceCents: 0 });
    await commerce.admin.send('POST', `/products/${id}/activate`);
    await commerce.admin.send('DELETE', `/products/${id}`);

    const items = await historyOf(id);
    expect(items).toMatchObject([
      { type: 'product_deleted', outcome: 'success', reason: null, changes: null },
      { type: 'product_activation_failed', outcome: 'failure', reason: 'product_is_active', changes: null },
      { type: 'price_change_denied', outcome: 'denied', reason: 'missing_role', changes: null },
      { type: 'price_changed', changes: { before: { priceCents: 150 }, after: { priceCents: 175 } } },
      { type: 'product_created', actor: { type: 'user', id: expect.any(String) } },
    ]);
    expect(await historyOf(id, '?limit=2')).toEqual(items.slice(0, 2));
    expect(await historyOf(id, `?limit=2&before=${items[1]?.id ?? ''}`)).toEqual(items.slice(2, 4));
    expect((await commerce.customer.send('GET', `/products/${id}/history`)).status).toBe(403);
  });
});
