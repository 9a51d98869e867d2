import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startCommerce, type Commerce } from '../support/commerce/start-commerce.js';
import { OTHER_ITEMS } from '../support/commerce/things.js';
import { ADAPTERS } from '../support/http-app.js';
import { runSql } from '../support/sql.js';

describe.each(ADAPTERS)('an order and its event, on %s', (adapter) => {
  let commerce: Commerce;

  beforeAll(async () => {
    commerce = await startCommerce({ HTTP_ADAPTER: adapter });
    await runSql(
      commerce.databaseUrl,
      `CREATE FUNCTION refuse_order() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF (SELECT count(*) FROM audit_event WHERE resource_id = NEW.id::text) = 1 THEN
           RAISE EXCEPTION 'refused after the event';
         END IF;
         RAISE EXCEPTION 'refused before the event';
       END $$`,
    );
  });
  afterAll(() => commerce.close());
  beforeEach(() => runSql(commerce.databaseUrl, 'DROP TRIGGER IF EXISTS refuse_order ON orders_order'));

  async function place(): Promise<{ status: number; id: string | undefined; types: readonly string[] }> {
    const requestId = randomUUID();
    const headers = { 'x-request-id': requestId };
    const { status, body } = await commerce.customer.send<{ id?: string }>(
      'POST',
      '/orders',
      { items: OTHER_ITEMS },
      headers,
    );
    const events = await commerce.admin.events(`requestId=${requestId}`);
    return { status, id: body.id, types: events.map(({ type }) => type) };
  }

  const rows = async (table: string, type: string): Promise<unknown> =>
    (await runSql(commerce.databaseUrl, `SELECT count(*)::int AS rows FROM ${table} WHERE ${type}`))[0]?.rows;

  it('are there once it is answered, and its timeline too, with one event for the request', async () => {
    const { status, id = '', types } = await place();

    expect([status, types]).toEqual([201, ['order_created']]);
    const found = [rows('orders_order', `id = '${id}'`), rows('audit_event', `resource_id = '${id}'`)];
    expect(await Promise.all([...found, rows('order_timeline', `order_id = '${id}'`)])).toEqual([1, 1, 1]);
  });

  it('are both undone where the commit fails after the event is recorded', async () => {
    await runSql(
      commerce.databaseUrl,
      `CREATE CONSTRAINT TRIGGER refuse_order AFTER INSERT ON orders_order DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION refuse_order()`,
    );
    const facts = () =>
      Promise.all([
        rows('orders_order', 'true'),
        rows('audit_event', `type = 'order_created'`),
        rows('order_timeline', `type = 'order_created'`),
      ]);
    const before = await facts();

    expect(await place()).toMatchObject({ status: 500, types: ['order_creation_failed'] });
    expect(commerce.logged()).toContain('refused after the event');
    expect(await facts()).toEqual(before);
  });
});
