import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { ApiClient } from './api-client.js';

/** Who calls the reference application. `customer` has the role user alone, `nobody` has no access token. */
export interface CommerceCallers {
  readonly admin: ApiClient;
  readonly customer: ApiClient;
  readonly nobody: ApiClient;
}

/** What a case sends, and what its event says of it. */
export interface PreparedCall {
  readonly path: string;
  readonly body?: object;
  /** Id of the resource; where it is not given, the answer's. `null`: there is none. */
  readonly resourceId?: string | null;
  readonly details?: object;
  readonly changes?: object;
}

/** One way to call a route of the products, the orders or the payments, and the one event that it makes. */
export interface RouteCase {
  readonly route: string;
  readonly case: string;
  readonly by: keyof CommerceCallers;
  /** Makes what the case needs. */
  readonly prepare: (callers: CommerceCallers) => Promise<PreparedCall> | PreparedCall;
  readonly status: number;
  readonly type: string;
  readonly outcome: 'success' | 'partial' | 'failure' | 'denied';
  readonly reason?: string;
  readonly resourceType: 'product' | 'order';
}

/** A product that `admin` made. */
export interface MadeProduct {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
  readonly active: boolean;
}

/** A product's fields as the events tell them, with a SKU of its own. */
export function productFacts(fields: Partial<MadeProduct> = {}): Omit<MadeProduct, 'id'> {
  return { sku: `pen-${randomUUID()}`, name: 'Blue pen', priceCents: 150, stock: 10, active: true, ...fields };
}

/** Makes a product. */
export async function makeProduct({ admin }: CommerceCallers, fields: Partial<MadeProduct> = {}): Promise<MadeProduct> {
  const { status, body } = await admin.send<MadeProduct>('POST', '/products', productFacts(fields));
  expect(status).toBe(201);
  return body;
}

/** Two items of no product: 999 cents. */
export const OTHER_ITEMS = [
  { sku: 'gift wrap', quantity: 3, unitPriceCents: 150 },
  { sku: 'a card', quantity: 1, unitPriceCents: 549 },
] as const;
export const OTHER_TOTAL_CENTS = 999;

/** Places an order of the customer's. */
export async function makeOrder(
  { customer }: CommerceCallers,
  items: readonly object[] = OTHER_ITEMS,
): Promise<string> {
  const { status, body } = await customer.send<{ id: string }>('POST', '/orders', { items });
  expect(status).toBe(201);
  return body.id;
}

/** Places an order of {@link OTHER_ITEMS} and pays it. */
export async function makePaidOrder(callers: CommerceCallers): Promise<string> {
  const id = await makeOrder(callers);
  const paid = await callers.customer.send('POST', `/orders/${id}/payments`, { paymentMethodToken: 'tok_visa' });
  expect(paid.status).toBe(201);
  return id;
}

async function makeCanceledOrder(callers: CommerceCallers): Promise<string> {
  const id = await makeOrder(callers);
  expect((await callers.customer.send('POST', `/orders/${id}/cancel`, { reason: 'by mistake' })).status).toBe(200);
  return id;
}

const HELD = { itemCount: 2, totalCents: OTHER_TOTAL_CENTS };
const ANY_ID = '0195b7a4-6d1e-7c3a-9f00-0123456789ab';
/** A valid Luhn number, as test cards have. */
export const CARD_NUMBER = '4242424242424242';

const PRODUCT_ROUTES: readonly RouteCase[] = [
  ...productRoute('POST', '/products', 'product_created', 'product_creation', 201, undefined, [
    {
      case: 'creates a product',
      prepare: () => {
        const details = productFacts();
        return { path: '/products', body: details, details };
      },
    },
    {
      case: 'refuses a body that is not valid',
      prepare: () => ({ path: '/products', body: { ...productFacts(), priceCents: -1 }, resourceId: null }),
      status: 400,
      reason: 'validation',
    },
    {
      case: 'refuses the SKU of another product',
      prepare: async (callers) => {
        const { sku } = await makeProduct(callers);
        const details = productFacts({ sku });
        return { path: '/products', body: details, resourceId: null, details };
      },
      status: 409,
      reason: 'sku_taken',
    },
  ]),
  ...productRoute('PATCH', '/products/:id', 'product_updated', 'product_update', 200, { name: 'Red pen' }, [
    {
      case: 'changes what a product reads',
      prepare: async (callers) => {
        const { id, sku, name } = await makeProduct(callers);
        const changes = { before: { name }, after: { name: 'Red pen' } };
        return { path: `/products/${id}`, body: changes.after, resourceId: id, details: { sku }, changes };
      },
    },
    {
      case: 'refuses a price, which has a route of its own',
      prepare: () => ({ path: `/products/${ANY_ID}`, body: { priceCents: 1 }, resourceId: ANY_ID }),
      status: 400,
      reason: 'validation',
    },
    unknownProduct('PATCH', '', { name: 'Red pen' }),
  ]),
  ...productRoute('DELETE', '/products/:id', 'product_deleted', 'product_deletion', 204, undefined, [
    {
      case: 'deletes a product',
      prepare: async (callers) => {
        const details = productFacts();
        const { id } = await makeProduct(callers, details);
        return { path: `/products/${id}`, resourceId: id, details };
      },
    },
    unknownProduct('DELETE', ''),
  ]),
  ...activityRoute('activate', 'product_activated', 'product_activation', true),
  ...activityRoute('deactivate', 'product_deactivated', 'product_deactivation', false),
  ...amountRoute('price', 'price_changed', 'price_change', 'priceCents'),
  ...amountRoute('inventory', 'inventory_updated', 'inventory_update', 'stock'),
];

const ORDER_ROUTES: readonly RouteCase[] = [
  ...orderRoute('/orders', 'POST', 'order_created', 'order_creation', 201, { items: OTHER_ITEMS }, [
    {
      case: 'sells what is no product at the price given',
      prepare: () => ({ path: '/orders', body: { items: OTHER_ITEMS }, details: HELD }),
    },
    {
      case: "sells a product at the product's price",
      prepare: async (callers) => {
        const { sku } = await makeProduct(callers, { priceCents: 200 });
        const items = [{ sku, quantity: 2, unitPriceCents: 1 }];
        return { path: '/orders', body: { items }, details: { itemCount: 1, totalCents: 400 } };
      },
    },
    {
      case: 'refuses a body that is not valid',
      prepare: () => ({ path: '/orders', body: { items: [] }, resourceId: null }),
      status: 400,
      reason: 'validation',
    },
    {
      case: 'refuses what is neither a product nor has a price',
      prepare: () => {
        const items = [{ sku: randomUUID(), quantity: 1 }];
        return { path: '/orders', body: { items }, resourceId: null, details: { itemCount: 1 } };
      },
      status: 400,
      reason: 'price_missing',
    },
    {
      case: 'refuses more of a product than there is',
      prepare: async (callers) => {
        const { sku } = await makeProduct(callers, { stock: 3 });
        const items = [{ sku, quantity: 4 }];
        return { path: '/orders', body: { items }, resourceId: null, details: { itemCount: 1 } };
      },
      status: 409,
      reason: 'insufficient_stock',
    },
    {
      case: 'refuses a product that is inactive',
      prepare: async (callers) => {
        const { sku } = await makeProduct(callers, { active: false });
        const items = [{ sku, quantity: 1 }];
        return { path: '/orders', body: { items }, resourceId: null, details: { itemCount: 1 } };
      },
      status: 409,
      reason: 'product_inactive',
    },
  ]),
  ...orderRoute('/orders/:id', 'PATCH', 'order_updated', 'order_update', 200, { items: OTHER_ITEMS }, [
    {
      case: 'replaces the items',
      prepare: async (callers) => {
        const { sku, priceCents: unitPriceCents } = await makeProduct(callers);
        const id = await makeOrder(callers);
        const after = { items: [{ sku, quantity: 2, unitPriceCents }], totalCents: 300 };
        return {
          path: `/orders/${id}`,
          body: { items: [{ sku, quantity: 2 }] },
          resourceId: id,
          details: { itemCount: 1, totalCents: 300 },
          changes: { before: { items: OTHER_ITEMS, totalCents: OTHER_TOTAL_CENTS }, after },
        };
      },
    },
    {
      case: 'refuses an order that is canceled',
      prepare: async (callers) => {
        const id = await makeCanceledOrder(callers);
        return { path: `/orders/${id}`, body: { items: OTHER_ITEMS }, resourceId: id, details: HELD };
      },
      status: 409,
      reason: 'order_is_canceled',
    },
  ]),
  ...orderRoute('/orders/:id/cancel', 'POST', 'order_canceled', 'order_cancellation', 200, { reason: 'none' }, [
    {
      case: 'cancels an order that is new',
      prepare: async (callers) => {
        const id = await makeOrder(callers);
        const reason = 'found elsewhere';
        return {
          path: `/orders/${id}/cancel`,
          body: { reason },
          resourceId: id,
          details: { ...HELD, reason },
          changes: { before: { status: 'new' }, after: { status: 'canceled' } },
        };
      },
    },
    {
      case: 'refuses an order that is canceled',
      prepare: async (callers) => {
        const id = await makeCanceledOrder(callers);
        const details = { reason: 'once more' };
        return { path: `/orders/${id}/cancel`, body: details, resourceId: id, details };
      },
      status: 409,
      reason: 'order_is_canceled',
    },
  ]),
  ...orderRoute('/orders/:id/ship', 'POST', 'order_shipped', 'order_shipment', 200, undefined, [
    {
      case: 'ships an order that is paid',
      prepare: async (callers) => {
        const id = await makePaidOrder(callers);
        const changes = { before: { status: 'paid' }, after: { status: 'shipped' } };
        return { path: `/orders/${id}/ship`, resourceId: id, details: HELD, changes };
      },
    },
    {
      case: 'refuses an order that is not paid',
      prepare: async (callers) => {
        const id = await makeOrder(callers);
        return { path: `/orders/${id}/ship`, resourceId: id };
      },
      status: 409,
      reason: 'order_is_new',
    },
    unknownOrder('/ship'),
  ]),
];

const TOKEN = { paymentMethodToken: 'tok_visa' };

const PAYMENT_ROUTES: readonly RouteCase[] = [
  ...orderRoute('/orders/:id/payments', 'POST', 'payment_received', 'payment_receipt', 201, TOKEN, [
    {
      case: 'pays an order that is new',
      prepare: async (callers) => {
        const id = await makeOrder(callers);
        return {
          path: `/orders/${id}/payments`,
          body: { ...TOKEN, last4: '4242' },
          resourceId: id,
          details: { paymentId: expect.any(String), amountCents: OTHER_TOTAL_CENTS, last4: '4242' },
          changes: { before: { status: 'new' }, after: { status: 'paid' } },
        };
      },
    },
    ...(['card_declined', 'insufficient_funds', 'card_expired'] as const).map((reason) => ({
      case: `tells that the payment was declined: ${reason}`,
      prepare: async (callers: CommerceCallers) => {
        const id = await makeOrder(callers);
        return {
          path: `/orders/${id}/payments`,
          body: { paymentMethodToken: `tok_${reason}` },
          resourceId: id,
          details: { amountCents: OTHER_TOTAL_CENTS },
        };
      },
      status: 402,
      reason,
    })),
    {
      case: "refuses a card's number",
      prepare: async (callers) => {
        const id = await makeOrder(callers);
        const body = { ...TOKEN, cardNumber: CARD_NUMBER };
        return { path: `/orders/${id}/payments`, body, resourceId: id };
      },
      status: 400,
      reason: 'validation',
    },
    {
      case: 'refuses an order that is paid',
      prepare: async (callers) => {
        const id = await makePaidOrder(callers);
        return { path: `/orders/${id}/payments`, body: TOKEN, resourceId: id };
      },
      status: 409,
      reason: 'order_is_paid',
    },
    unknownOrder('/payments', TOKEN),
  ]),
  ...orderRoute('/orders/:id/refunds', 'POST', 'payment_refunded', 'payment_refund', 201, {}, [
    {
      case: 'gives a payment back',
      prepare: async (callers) => {
        const id = await makePaidOrder(callers);
        return refundOf(id, { reason: 'arrived broken' }, OTHER_TOTAL_CENTS, 0);
      },
    },
    {
      case: 'gives a part of a payment back',
      prepare: async (callers) => refundOf(await makePaidOrder(callers), { amountCents: 900 }, 900, 99),
      type: 'payment_refund_partial',
      outcome: 'partial',
    },
    {
      case: 'refuses an order that is not paid',
      prepare: async (callers) => {
        const id = await makeOrder(callers);
        return { path: `/orders/${id}/refunds`, resourceId: id };
      },
      status: 409,
      reason: 'order_is_not_paid',
    },
    {
      case: 'refuses more than was paid',
      prepare: async (callers) => {
        const id = await makePaidOrder(callers);
        const body = { amountCents: OTHER_TOTAL_CENTS + 1 };
        const details = { ...body, paymentId: expect.any(String) };
        return { path: `/orders/${id}/refunds`, body, resourceId: id, details };
      },
      status: 409,
      reason: 'refund_exceeds_payment',
    },
    {
      case: 'refuses a payment that is given back',
      prepare: async (callers) => {
        const id = await makePaidOrder(callers);
        const path = `/orders/${id}/refunds`;
        expect((await callers.admin.send('POST', path, {})).status).toBe(201);
        return { path, body: {}, resourceId: id, details: { paymentId: expect.any(String) } };
      },
      status: 409,
      reason: 'payment_is_refunded',
    },
    {
      case: 'refuses to give nothing back',
      prepare: () => ({ path: `/orders/${ANY_ID}/refunds`, body: { amountCents: 0 }, resourceId: ANY_ID }),
      status: 400,
      reason: 'validation',
    },
    unknownOrder('/refunds', {}),
  ]),
];

/** Every state-changing route of products, orders and payments: its success, its failures, its denial. */
export const COMMERCE_ROUTES: readonly RouteCase[] = [...PRODUCT_ROUTES, ...ORDER_ROUTES, ...PAYMENT_ROUTES];

/** A case as its route's list has it: of a success, unless it has a reason. */
type BriefCase = Pick<RouteCase, 'case' | 'prepare'> &
  Partial<Pick<RouteCase, 'status' | 'reason' | 'type' | 'outcome'>>;

/** The cases of a route, and its denial to `outsider`. */
function routeCases(
  fixed: Pick<RouteCase, 'route' | 'by' | 'resourceType'>,
  names: { readonly type: string; readonly action: string; readonly status: number },
  deniedBody: object | undefined,
  cases: readonly BriefCase[],
): readonly RouteCase[] {
  const [method, pattern = ''] = fixed.route.split(' ');
  const isForAdmins = fixed.by === 'admin';
  const resourceId = pattern.includes(':id') ? ANY_ID : null;
  const body = method === 'DELETE' || deniedBody === undefined ? {} : { body: deniedBody };
  return [
    ...cases.map((brief) => ({
      ...fixed,
      status: names.status,
      type: brief.reason === undefined ? names.type : `${names.action}_failed`,
      outcome: brief.reason === undefined ? ('success' as const) : ('failure' as const),
      ...brief,
    })),
    {
      ...fixed,
      case: isForAdmins ? 'is for administrators only' : 'needs an access token',
      by: isForAdmins ? 'customer' : 'nobody',
      prepare: () => ({ path: pattern.replace(':id', ANY_ID), ...body, resourceId }),
      status: isForAdmins ? 403 : 401,
      type: `${names.action}_denied`,
      outcome: 'denied',
      reason: isForAdmins ? 'missing_role' : 'token_missing',
    },
  ];
}

function productRoute(
  method: string,
  pattern: string,
  type: string,
  action: string,
  status: number,
  deniedBody: object | undefined,
  cases: readonly BriefCase[],
): readonly RouteCase[] {
  const fixed = { route: `${method} ${pattern}`, by: 'admin', resourceType: 'product' } as const;
  return routeCases(fixed, { type, action, status }, deniedBody, cases);
}

function orderRoute(
  pattern: string,
  method: string,
  type: string,
  action: string,
  status: number,
  deniedBody: object | undefined,
  cases: readonly BriefCase[],
): readonly RouteCase[] {
  const by = /\/(?:ship|refunds)$/.test(pattern) ? 'admin' : 'customer';
  const fixed = { route: `${method} ${pattern}`, by, resourceType: 'order' } as const;
  return routeCases(fixed, { type, action, status }, deniedBody, cases);
}

function activityRoute(verb: string, type: string, action: string, active: boolean): readonly RouteCase[] {
  const become = async (callers: CommerceCallers, before: boolean): Promise<PreparedCall> => {
    const { id, sku } = await makeProduct(callers, { active: before });
    const changes = { before: { active: before }, after: { active } };
    const differs = before === active ? {} : { changes };
    return { path: `/products/${id}/${verb}`, resourceId: id, details: { sku }, ...differs };
  };
  return productRoute('POST', `/products/:id/${verb}`, type, action, 200, undefined, [
    { case: `${verb}s a product`, prepare: (callers) => become(callers, !active) },
    {
      case: 'refuses a product that is so already',
      prepare: (callers) => become(callers, active),
      status: 409,
      reason: active ? 'product_is_active' : 'product_is_inactive',
    },
    unknownProduct('POST', `/${verb}`),
  ]);
}

function amountRoute(noun: string, type: string, action: string, field: 'priceCents' | 'stock'): readonly RouteCase[] {
  return productRoute('PUT', `/products/:id/${noun}`, type, action, 200, { [field]: 7 }, [
    {
      case: `sets the ${noun}`,
      prepare: async (callers) => {
        const product = await makeProduct(callers);
        const changes = { before: { [field]: product[field] }, after: { [field]: 7 } };
        const { id, sku } = product;
        return { path: `/products/${id}/${noun}`, body: changes.after, resourceId: id, details: { sku }, changes };
      },
    },
    {
      case: 'refuses less than nothing',
      prepare: () => ({ path: `/products/${ANY_ID}/${noun}`, body: { [field]: -1 }, resourceId: ANY_ID }),
      status: 400,
      reason: 'validation',
    },
    unknownProduct('PUT', `/${noun}`, { [field]: 7 }),
  ]);
}

function unknownProduct(method: string, rest: string, body?: object): BriefCase {
  return {
    case: `does not find a product of another id (${method})`,
    prepare: () => ({ path: `/products/${ANY_ID}${rest}`, ...(body ? { body } : {}), resourceId: ANY_ID }),
    status: 404,
    reason: 'product_not_found',
  };
}

function unknownOrder(rest: string, body?: object): BriefCase {
  return {
    case: 'does not find an order of another id',
    prepare: () => ({ path: `/orders/${ANY_ID}${rest}`, ...(body ? { body } : {}), resourceId: ANY_ID }),
    status: 404,
    reason: 'order_not_found',
  };
}

function refundOf(id: string, body: object, amountCents: number, leftCents: number): PreparedCall {
  return {
    path: `/orders/${id}/refunds`,
    body,
    resourceId: id,
    details: { ...body, paymentId: expect.any(String), amountCents, leftCents },
    changes: { before: { refundedCents: 0 }, after: { refundedCents: amountCents } },
  };
}
