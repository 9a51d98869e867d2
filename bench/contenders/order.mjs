import { randomUUID } from 'node:crypto';

/** A typical order, which every client of the benchmark sends. */
export const ORDER = {
  storeId: '0193a1f0-6c1e-7b3a-9d55-2f6f5b1c7e42',
  currency: 'EUR',
  channel: 'web',
  locale: 'de-AT',
  paymentMethod: 'invoice',
  couponCode: 'AUTUMN-26',
  items: [
    { sku: 'CHAIR-OAK-2', name: 'Oak chair, set of two', quantity: 2, unitPriceCents: 18_900 },
    { sku: 'TABLE-OAK-180', name: 'Oak table, 180 cm', quantity: 1, unitPriceCents: 64_900 },
    { sku: 'LAMP-BRASS', name: 'Brass pendant lamp', quantity: 3, unitPriceCents: 7_450 },
  ],
  shipping: { method: 'two-man delivery', city: 'Linz', postalCode: '4020', country: 'AT' },
  note: 'Please ring at the side entrance; the lift is too small for the table, so allow for the stairs to the third floor.',
};

/** The user as whom the contenders' guard accepts every request. */
export const USER = {
  id: '0193a1ef-2b9d-7c11-8a4f-61d0c2b7e9aa',
  name: 'Maria Huber',
  sessionId: '0193a1ef-7e02-7f5c-b1b3-9f2a3c4d5e6f',
  tenantId: '0193a1ee-0f3b-7d20-a6c8-4b5e6f708192',
};

export const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** The work of the route. There is almost nothing to do, so that the benchmark measures only the code around the route. */
export function placeOrder(order) {
  const totalCents = order.items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);
  return { id: randomUUID(), status: 'placed', currency: order.currency, totalCents };
}

/** Returns what an audit event contains about an order: the same eleven fields for all contenders. */
export function buildDetails(order, { status, totalCents }) {
  return {
    storeId: order.storeId,
    status,
    currency: order.currency,
    totalCents,
    itemCount: order.items.length,
    items: order.items.map(({ sku, quantity, unitPriceCents }) => ({ sku, quantity, unitPriceCents })),
    channel: order.channel,
    paymentMethod: order.paymentMethod,
    couponCode: order.couponCode,
    shipping: order.shipping,
    note: order.note,
  };
}
