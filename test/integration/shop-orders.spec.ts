import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { OrderTimelineProvider } from '../../src/shop/orders/order-timeline.provider.js';
import { findInDatabase } from '../support/find-in-database.js';
import { kept } from '../support/kept.js';
import { registered, startCommerce } from '../support/commerce/start-commerce.js';
import {
  CARD_NUMBER,
  makeOrder,
  makePaidOrder,
  makeProduct,
  OTHER_ITEMS,
  OTHER_TOTAL_CENTS,
  productFacts,
  type MadeProduct,
} from '../support/commerce/things.js';
import { sampleEvent } from '../support/sample-event.js';

interface Entry {
  readonly id: string;
  readonly occurredAt: string;
}

interface List {
  readonly items: readonly Entry[];
}

/** shop-routes.spec checks which events these routes record. */
const commerce = await kept(startCommerce());
const { admin, customer } = commerce;
const person = { email: 'sam@example.com', password: 'sam has a secret', name: 'Sam' };
const stranger = (await registered(commerce.url, person)).client;

describe('orders', () => {
  const eventsOf = async (query: string) => {
    await commerce.settled();
    return admin.events(query);
  };
  const newest = async () => (await eventsOf('category=order'))[0];
  const timelineOf = async (id: string, query = '', client = customer): Promise<readonly Entry[]> =>
    (await client.send<List>('GET', `/orders/${id}/timeline${query}`)).body.items;

  it('are of the tenant in whose store they are placed, by its members alone', async () => {
    const { id: storeId } = (await admin.send('POST', '/admin/stores', { name: 'Corner shop' })).body as { id: string };
    const member = { userId: commerce.customerId, role: 'buyer' };
    await admin.send('POST', `/admin/stores/${storeId}/members`, member);
    const order = { items: OTHER_ITEMS, storeId };
    const { id } = (await customer.send('POST', '/orders', order)).body as { id: string };
    await customer.send('POST', `/orders/${id}/cancel`, { reason: 'by mistake' });
    expect(await newest()).toMatchObject({ type: 'order_canceled', tenantId: storeId });
    const shown = (await customer.send('GET', `/orders/${id}`)).body;
    expect(shown).toMatchObject({ storeId, cancelReason: 'by mistake' });

    expect((await stranger.send('POST', '/orders', order)).status).toBe(403);
    const denied = { type: 'order_creation_denied', reason: 'not_a_member', tenantId: storeId };
    expect(await newest()).toMatchObject({ ...denied, details: { itemCount: 2, totalCents: OTHER_TOTAL_CENTS } });
    expect((await customer.send('POST', '/orders', { ...order, storeId: uuidv7() })).status).toBe(403);
    expect((await stranger.send<List>('GET', '/orders')).body).toEqual({ items: [] });
  });

  it('are shown to their owner and to administrators, who change none of them', async () => {
    const id = await makeOrder(commerce);
    const order = { id, status: 'new', totalCents: OTHER_TOTAL_CENTS, items: OTHER_ITEMS };
    const seen = (await newest())?.id;
    for (const client of [customer, admin]) {
      expect((await client.send('GET', `/orders/${id}`)).body).toMatchObject(order);
    }
    for (const path of [`/orders/${id}`, `/orders/${id}/timeline`, `/orders/${uuidv7()}`]) {
      expect((await stranger.send('GET', path)).status).toBe(404);
    }
    expect((await customer.send('GET', '/orders/42')).status).toBe(400);
    expect((await newest())?.id).toBe(seen);
    for (const client of [stranger, admin]) {
      expect((await client.send('PATCH', `/orders/${id}`, { items: OTHER_ITEMS })).status).toBe(404);
      const failed = { type: 'order_update_failed', reason: 'order_not_found', resource: { type: 'order', id } };
      expect(await newest()).toMatchObject(failed);
    }
  });

  it('let one of many cancellations at once win, and lose no change before it', async () => {
    const id = await makeOrder(commerce);
    const attempts = await Promise.all(
      Array.from({ length: 12 }, (_, turn) =>
        turn % 2 === 0
          ? customer.send('PATCH', `/orders/${id}`, { items: [{ sku: 'x', quantity: turn + 1, unitPriceCents: 100 }] })
          : customer.send('POST', `/orders/${id}/cancel`, { reason: `turn ${turn}` }),
      ),
    );

    const canceled = attempts.filter(({ status, body }) => status === 200 && body.status === 'canceled');
    expect(canceled).toHaveLength(1);
    const { body } = await customer.send<{ items: typeof OTHER_ITEMS; totalCents: number }>('GET', `/orders/${id}`);
    expect(canceled[0]?.body).toMatchObject({ totalCents: body.totalCents });
    expect(body.items.reduce((sum, item) => sum + item.quantity * item.unitPriceCents, 0)).toBe(body.totalCents);
    expect(await timelineOf(id)).toHaveLength(13);
  });

  it('have a timeline of what was done and tried, oldest first, which holds each event once', async () => {
    const id = await makeOrder(commerce);
    await stranger.send('POST', `/orders/${id}/cancel`, { reason: 'mischief' });
    await customer.send('POST', `/orders/${id}/cancel`, { reason: 'by mistake' });

    const details = { itemCount: 2, totalCents: OTHER_TOTAL_CENTS };
    const byOwner = { actor: { type: 'user', id: commerce.customerId }, outcome: 'success' };
    const failed = { type: 'order_cancellation_failed', outcome: 'failure', reason: 'order_not_found' };
    const items = await timelineOf(id);
    expect(items).toMatchObject([
      { ...byOwner, type: 'order_created', reason: null, details },
      failed,
      { ...byOwner, type: 'order_canceled', reason: 'by mistake', details: { ...details, reason: 'by mistake' } },
    ]);
    expect(items[0]?.occurredAt).toMatch(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/);
    expect(await timelineOf(id, '', admin)).toEqual(items);
    expect(await timelineOf(id, '?limit=2')).toEqual(items.slice(0, 2));
    expect(await timelineOf(id, `?limit=2&after=${items[0]?.id ?? ''}`)).toEqual(items.slice(1));
    const events = (await eventsOf(`resourceId=${id}`)).toReversed();
    expect(items.map((entry) => entry.id)).toEqual(events.map((event) => event.id));

    const another = sampleEvent({ id: uuidv7(), resource: { type: 'order', id } });
    const ofNoOrder = sampleEvent({ id: uuidv7(), resource: { type: 'order' } });
    const provider = commerce.app.get(OrderTimelineProvider, { strict: false });
    await provider.record([another, another, ofNoOrder]);
    await provider.record([another]);
    expect((await timelineOf(id)).slice(items.length)).toMatchObject([{ id: another.id }]);
  });
});

const TOKEN = { paymentMethodToken: 'tok_visa_of_carol' } as const;

describe('payments', () => {
  const pay = (id: string, body: object = TOKEN) => commerce.customer.send('POST', `/orders/${id}/payments`, body);
  const refund = (id: string, body?: object) => commerce.admin.send('POST', `/orders/${id}/refunds`, body);
  const timelineOf = async (id: string) =>
    (await commerce.customer.send<{ items: readonly object[] }>('GET', `/orders/${id}/timeline`)).body.items;

  it('answer with what was paid, once, and are in the timeline of the order', async () => {
    const id = await makeOrder(commerce);
    expect((await pay(id, { paymentMethodToken: 'tok_card_declined' })).status).toBe(402);
    const { status, body } = await pay(id, { ...TOKEN, last4: '4242' });

    expect(status).toBe(201);
    const amounts = { amountCents: OTHER_TOTAL_CENTS, refundedCents: 0 };
    expect(body).toEqual({ id: expect.any(String), orderId: id, ...amounts, last4: '4242' });
    expect((await refund(id, { amountCents: 99 })).body).toEqual({ ...body, refundedCents: 99 });
    expect((await commerce.admin.send('POST', `/orders/${id}/ship`)).status).toBe(200);
    expect((await refund(id)).body).toEqual({ ...body, refundedCents: OTHER_TOTAL_CENTS });
    expect(await timelineOf(id)).toMatchObject([
      { type: 'order_created' },
      { type: 'payment_receipt_failed', reason: 'card_declined' },
      { type: 'payment_received', details: { paymentId: body.id, amountCents: OTHER_TOTAL_CENTS } },
      { type: 'payment_refund_partial', outcome: 'partial', details: { amountCents: 99, leftCents: 900 } },
      { type: 'order_shipped' },
      { type: 'payment_refunded', details: { amountCents: 900, leftCents: 0 } },
    ]);
  });

  it('keep no card data and no token anywhere, whatever is sent', async () => {
    const id = await makeOrder(commerce);
    const grouped = CARD_NUMBER.replace(/\d{4}(?=\d)/g, '$& ');
    const refused = [
      { ...TOKEN, cardNumber: CARD_NUMBER },
      { ...TOKEN, cvv: '9173' },
      { ...TOKEN, last4: CARD_NUMBER },
      { ...TOKEN, last4: null },
      { paymentMethodToken: CARD_NUMBER },
      { paymentMethodToken: grouped },
      { paymentMethodToken: { number: CARD_NUMBER } },
      { card: { number: CARD_NUMBER, cvv: '9173' } },
      {},
    ];
    for (const body of refused) expect([(await pay(id, body)).status, body]).toEqual([400, body]);
    expect((await pay(id)).status).toBe(201);
    expect((await refund(id, { amountCents: 1, reason: `to the card ${grouped}` })).status).toBe(201);

    expect(await timelineOf(id)).toHaveLength(refused.length + 3);
    const secrets = [CARD_NUMBER, grouped, TOKEN.paymentMethodToken];
    expect(await findInDatabase(commerce.databaseUrl, secrets)).toEqual([]);
    for (const secret of secrets) expect(commerce.logged()).not.toContain(secret);
    expect(commerce.logged()).toContain('/payments'); // the log was kept
  });

  it('are of the own orders only, also for administrators', async () => {
    const id = await makeOrder(commerce);
    expect((await commerce.admin.send('POST', `/orders/${id}/payments`, TOKEN)).status).toBe(404);
    expect((await stranger.send('POST', `/orders/${id}/payments`, TOKEN)).status).toBe(404);
    expect((await commerce.customer.send('GET', `/orders/${id}`)).body.status).toBe('new');
  });

  it('are taken once, however often they are sent at once', async () => {
    const id = await makeOrder(commerce);
    const statuses = (await Promise.all(Array.from({ length: 6 }, () => pay(id)))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('are never given back beyond what was paid, however often that is asked for at once', async () => {
    const id = await makePaidOrder(commerce);
    const answers = await Promise.all(Array.from({ length: 6 }, () => refund(id, { amountCents: 300 })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409]);
    expect((await refund(id, { amountCents: 100 })).status).toBe(409);
    expect((await refund(id, { amountCents: 99 })).body).toMatchObject({ refundedCents: OTHER_TOTAL_CENTS });
  });
});

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
    expect((await commerce.customer.send('GET', `/products/${randomUUID()}`)).status).toBe(404);
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

  it('are found by their names in events about prices and orders', async () => {
    const kite = await makeProduct(commerce, { name: 'Red kite' });
    await commerce.admin.send('PUT', `/products/${kite.id}/price`, { priceCents: 175 });
    const items = [{ sku: kite.sku, quantity: 2, unitPriceCents: 175 }];
    await commerce.customer.send('POST', '/orders', { items });
    await commerce.settled();
    const names = async (query: string) => (await commerce.admin.events(query)).map(({ resource }) => resource);
    expect(await names('type=price_changed&q=kite')).toEqual([{ type: 'product', id: kite.id, name: 'Red kite' }]);
    expect(await names(`type=order_created&q=${kite.sku}`)).toMatchObject([{ name: `2 × ${kite.sku}` }]);
  });
});
