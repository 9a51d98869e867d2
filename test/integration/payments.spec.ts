import { describe, expect, it } from '@jest/globals';
import { ApiClient, MAIN_ADAPTERS, runSql, kept, onEach } from '../support/index.js';
import { CARD_NUMBER, makeOrder, makePaidOrder, OTHER_TOTAL_CENTS } from '../support/commerce/things.js';
import { startCommerce } from '../support/commerce/start-commerce.js';

const TOKEN = { paymentMethodToken: 'tok_visa_of_carol' } as const;

describe.each(
  await onEach(MAIN_ADAPTERS, async (adapter) => ({ commerce: await kept(startCommerce({ HTTP_ADAPTER: adapter })) })),
)('payments, on $adapter', ({ commerce }) => {
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
    expect(await tablesHolding(secrets)).toEqual([]);
    for (const secret of secrets) expect(commerce.logged()).not.toContain(secret);
    expect(commerce.logged()).toContain('/payments'); // the log was kept
  });

  it('are of the own orders only, also for administrators', async () => {
    const id = await makeOrder(commerce);
    expect((await commerce.admin.send('POST', `/orders/${id}/payments`, TOKEN)).status).toBe(404);
    const stranger = new ApiClient(commerce.url);
    const account = { email: 'stranger@example.com', password: 'a long secret', name: 'Stranger' };
    await stranger.send('POST', '/auth/register', account);
    await stranger.logIn(account.email, account.password);
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

  async function tablesHolding(secrets: readonly string[]): Promise<readonly string[]> {
    const tables = await runSql(commerce.databaseUrl, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    const holding: string[] = [];
    for (const table of tables.map(({ tablename }) => String(tablename))) {
      const rows = await runSql(commerce.databaseUrl, `SELECT row_to_json(t)::text AS text FROM "${table}" t`);
      if (rows.some(({ text }) => secrets.some((secret) => String(text).includes(secret)))) holding.push(table);
    }
    return holding;
  }
});
