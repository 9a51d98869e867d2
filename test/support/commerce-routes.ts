import { expect } from '@jest/globals';
import {
  makeCanceledOrder,
  makeOrder,
  makePaidOrder,
  makeProduct,
  OTHER_ITEMS,
  OTHER_TOTAL_CENTS,
  productFacts,
  type CommerceCallers,
} from './commerce/things.js';

interface Call {
  readonly id?: string;
  readonly body?: object;
  readonly details?: object;
  readonly changes?: readonly [before: object, after: object];
}
type Prepare = (callers: CommerceCallers) => Promise<Call> | Call;

interface RouteCase {
  readonly route: string;
  readonly by: keyof CommerceCallers;
  readonly resourceType: string;
  readonly status: number;
  readonly type: string;
  readonly outcome: 'success' | 'failure' | 'denied';
  readonly reason?: string;
  readonly prepare: Prepare;
}

const ANY_ID = '0195b7a4-6d1e-7c3a-9f00-0123456789ab';
const HELD = { itemCount: 2, totalCents: OTHER_TOTAL_CENTS };
const TOKEN = { paymentMethodToken: 'tok_visa' };

const TABLE: readonly (readonly [string, 'admin' | 'customer', number, string, string, Prepare, number, string, Prepare])[] = [
  [
    'POST /products', 'admin', 201, 'product_created', 'product_creation',
    () => bodyAndDetails(productFacts()),
    409, 'sku_taken', async (callers) => bodyAndDetails(productFacts({ sku: (await makeProduct(callers)).sku })),
  ],
  ['PATCH /products/:id', 'admin', 200, 'product_updated', 'product_update', (callers) => changed(callers, 'name', 'Red pen'), 404, 'product_not_found', () => ({ id: ANY_ID, body: { name: 'Red pen' } })],
  [
    'DELETE /products/:id', 'admin', 204, 'product_deleted', 'product_deletion',
    async (callers) => {
      const details = productFacts();
      return { id: (await makeProduct(callers, details)).id, details };
    },
    404, 'product_not_found', () => ({ id: ANY_ID }),
  ],
  ['PUT /products/:id/price', 'admin', 200, 'price_changed', 'price_change', (callers) => changed(callers, 'priceCents', 7), 400, 'validation', () => ({ id: ANY_ID, body: { priceCents: -1 } })],
  ['PUT /products/:id/inventory', 'admin', 200, 'inventory_updated', 'inventory_update', (callers) => changed(callers, 'stock', 7), 404, 'product_not_found', () => ({ id: ANY_ID, body: { stock: 7 } })],
  [
    'POST /orders', 'customer', 201, 'order_created', 'order_creation',
    () => ({ body: { items: OTHER_ITEMS }, details: HELD }),
    400, 'validation', () => ({ body: { items: [] } }),
  ],
  [
    'PATCH /orders/:id', 'customer', 200, 'order_updated', 'order_update',
    async (callers) => {
      const after = { items: [{ sku: 'pen', quantity: 2, unitPriceCents: 150 }], totalCents: 300 };
      const id = await makeOrder(callers);
      const before = { items: OTHER_ITEMS, totalCents: OTHER_TOTAL_CENTS };
      return { id, body: { items: after.items }, details: { itemCount: 1, totalCents: 300 }, changes: [before, after] };
    },
    409, 'order_is_canceled', async (callers) => ({ id: await makeCanceledOrder(callers), body: { items: OTHER_ITEMS }, details: HELD }),
  ],
  [
    'POST /orders/:id/cancel', 'customer', 200, 'order_canceled', 'order_cancellation',
    async (callers) => {
      const body = { reason: 'found elsewhere' };
      return { id: await makeOrder(callers), body, details: { ...HELD, ...body }, changes: [{ status: 'new' }, { status: 'canceled' }] };
    },
    409, 'order_is_canceled', async (callers) => ({ id: await makeCanceledOrder(callers), ...bodyAndDetails({ reason: 'once more' }) }),
  ],
  [
    'POST /orders/:id/ship', 'admin', 200, 'order_shipped', 'order_shipment',
    async (callers) => ({ id: await makePaidOrder(callers), details: HELD, changes: [{ status: 'paid' }, { status: 'shipped' }] }),
    409, 'order_is_new', async (callers) => ({ id: await makeOrder(callers) }),
  ],
  [
    'POST /orders/:id/payments', 'customer', 201, 'payment_received', 'payment_receipt',
    async (callers) => ({
      id: await makeOrder(callers),
      body: { ...TOKEN, last4: '4242' },
      details: { paymentId: expect.any(String), amountCents: OTHER_TOTAL_CENTS, last4: '4242' },
      changes: [{ status: 'new' }, { status: 'paid' }],
    }),
    402, 'card_declined', async (callers) => ({
      id: await makeOrder(callers), body: { paymentMethodToken: 'tok_card_declined' }, details: { amountCents: OTHER_TOTAL_CENTS },
    }),
  ],
  [
    'POST /orders/:id/refunds', 'admin', 201, 'payment_refunded', 'payment_refund',
    async (callers) => {
      const body = { reason: 'arrived broken' };
      const details = { ...body, paymentId: expect.any(String), amountCents: OTHER_TOTAL_CENTS, leftCents: 0 };
      return { id: await makePaidOrder(callers), body, details, changes: [{ refundedCents: 0 }, { refundedCents: OTHER_TOTAL_CENTS }] };
    },
    409, 'refund_exceeds_payment', async (callers) => {
      const body = { amountCents: OTHER_TOTAL_CENTS + 1 };
      return { id: await makePaidOrder(callers), body, details: { ...body, paymentId: expect.any(String) } };
    },
  ],
]; // prettier-ignore

export const COMMERCE_ROUTES: readonly RouteCase[] = TABLE.flatMap(
  ([route, by, status, type, action, prepare, failedStatus, reason, fail]) => {
    const fixed = { route, by, resourceType: route.includes('/products') ? 'product' : 'order' };
    const [deniedBy, deniedStatus, denied] =
      by === 'admin' ? (['customer', 403, 'missing_role'] as const) : (['nobody', 401, 'token_missing'] as const);
    const id = route.includes(':id') ? { id: ANY_ID } : {};
    return [
      { ...fixed, status, type, outcome: 'success', prepare },
      { ...fixed, status: failedStatus, type: `${action}_failed`, outcome: 'failure', reason, prepare: fail },
      {
        ...fixed,
        by: deniedBy,
        status: deniedStatus,
        type: `${action}_denied`,
        outcome: 'denied',
        reason: denied,
        prepare: () => id,
      },
    ];
  },
);

function bodyAndDetails(body: object): Call {
  return { body, details: body };
}

async function changed(
  callers: CommerceCallers,
  field: 'name' | 'priceCents' | 'stock',
  to: string | number,
): Promise<Call> {
  const { id, sku, [field]: from } = await makeProduct(callers);
  return { id, body: { [field]: to }, details: { sku }, changes: [{ [field]: from }, { [field]: to }] };
}
