import { describe, expect, it } from '@jest/globals';
import { makeProduct, productFacts, type MadeProduct } from '../support/commerce/things.js';
import { startCommerce } from '../support/commerce/start-commerce.js';
import { kept } from '../support/kept.js';

const commerce = await kept(startCommerce());

describe('products', () => {
  it('are shown to everybody who is logged in, and showing them is not an event', async () => {
    const pen = await makeProduct(commerce);
    const [ink, book] = [await makeProduct(commerce), await makeProduct(commerce)];
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
});
