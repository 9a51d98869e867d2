import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startCommerce, type Commerce } from '../support/commerce/start-commerce.js';
import { makeOrder } from '../support/commerce/things.js';
import { ADAPTERS } from '../support/http-app.js';
import { runSql } from '../support/sql.js';

describe.each(ADAPTERS)('a payment and its event, on %s', (adapter) => {
  let commerce: Commerce;

  beforeAll(async () => {
    commerce = await startCommerce({ HTTP_ADAPTER: adapter });
    await runSql(
      commerce.databaseUrl,
      `CREATE FUNCTION refuse_payment() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT FROM audit_event WHERE type = 'payment_received' AND resource_id = NEW.order_id::text) THEN
           RAISE EXCEPTION 'refused after the event';
         END IF;
         RAISE EXCEPTION 'refused before the event';
       END $$`,
    );
  });
  afterAll(() => commerce.close());
  beforeEach(() => runSql(commerce.databaseUrl, 'DROP TRIGGER IF EXISTS refuse_payment ON orders_payment'));

  async function pay(): Promise<{ status: number; orderId: string; types: readonly string[] }> {
    const requestId = randomUUID();
    const headers = { 'x-request-id': requestId };
    const orderId = await makeOrder(commerce);
    const body = { paymentMethodToken: 'tok_visa' };
    const { status } = await commerce.customer.send('POST', `/orders/${orderId}/payments`, body, headers);
    const events = await commerce.admin.events(`requestId=${requestId}`);
    return { status, orderId, types: events.map(({ type }) => type) };
  }

  const rows = async (table: string, which: string): Promise<unknown> =>
    (await runSql(commerce.databaseUrl, `SELECT count(*)::int AS rows FROM ${table} WHERE ${which}`))[0]?.rows;

  /** How often the payment, its event and its entry in the timeline are there. */
  const facts = (orderId: string): Promise<readonly unknown[]> =>
    Promise.all([
      rows('orders_payment', `order_id = '${orderId}'`),
      rows('audit_event', `type = 'payment_received' AND resource_id = '${orderId}'`),
      rows('order_timeline', `type = 'payment_received' AND order_id = '${orderId}'`),
    ]);

  it('are there once it is answered, and its timeline too, with one event for the request', async () => {
    const { status, orderId, types } = await pay();

    expect([status, types]).toEqual([201, ['payment_received']]);
    expect(await facts(orderId)).toEqual([1, 1, 1]);
  });

  it('are both undone where the commit fails after the event is recorded', async () => {
    await runSql(
      commerce.databaseUrl,
      `CREATE CONSTRAINT TRIGGER refuse_payment AFTER INSERT ON orders_payment DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION refuse_payment()`,
    );
    const { status, orderId, types } = await pay();

    expect([status, types]).toEqual([500, ['payment_receipt_failed']]);
    expect(commerce.logged()).toContain('refused after the event');
    expect(await facts(orderId)).toEqual([0, 0, 0]);
  });
});
