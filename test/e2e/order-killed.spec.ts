import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ApiClient, tempFolder, testDatabase } from '../support/index.js';
import { startAppProcess } from '../support/app-process.js';
import { ADMIN } from '../support/reference-app.js';
import { WHOLE } from '../support/whole.js';

const ITEMS = [{ sku: 'tea', quantity: 2, unitPriceCents: 450 }];
const WITHOUT_EVENT = `
  SELECT count(*)::int AS orders,
         count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM audit_event WHERE type = 'order_created' AND resource_id = orders_order.id::text
           UNION ALL
           SELECT FROM audit_inbox WHERE body LIKE '%"type":"order_created"%' AND body LIKE '%"id":"' || orders_order.id || '"%'))::int AS without
    FROM orders_order`;

const database = await testDatabase();
const folder = await tempFolder('order-killed-');

async function placeUntilKilled(afterOrders: number): Promise<void> {
  const app = await startAppProcess(folder, {
    DATABASE_URL: database.url,
    AUDIT_SIGNING_KEY_FILE: join(folder, 'ledger.key'),
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  });
  let killed: Promise<unknown> | undefined;
  try {
    const client = new ApiClient(app.url);
    await client.logIn(ADMIN.email, ADMIN.password);
    let placed = 0;
    const place = async (): Promise<void> => {
      while (!killed) {
        const answer = await client.send('POST', '/orders', { items: ITEMS }).catch(() => undefined);
        if (answer?.status === 201) placed++;
        if (placed >= afterOrders) killed ??= app.end('SIGKILL'); // while the others' orders are under way
      }
    };
    await Promise.all(Array.from({ length: 8 }, place));
  } finally {
    await (killed ?? app.end('SIGKILL'));
  }
}

it('leaves no order without its event, whenever the application is killed', async () => {
  for (const afterOrders of WHOLE ? [5, 12, 20] : [12]) {
    await placeUntilKilled(afterOrders);
    const [{ orders, without } = {}] = await database.sql(WITHOUT_EVENT);

    expect(orders).toBeGreaterThanOrEqual(afterOrders);
    expect(without).toBe(0);
  }
});
