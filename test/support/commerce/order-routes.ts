import { orderRoute, unknownOrder } from './order-route.js';
import type { RouteCase } from './route-case.js';
import { makeCanceledOrder, makeOrder, makePaidOrder, makeProduct, OTHER_ITEMS, OTHER_TOTAL_CENTS } from './things.js';

const HELD = { itemCount: 2, totalCents: OTHER_TOTAL_CENTS };

/** The routes of the orders. */
export const ORDER_ROUTES: readonly RouteCase[] = [
  ...orderRoute('/orders', 'POST', 'order_created', 'order_creation', 201, { items: OTHER_ITEMS }, [
    {
      case: 'sells something other than a product at the price given',
      prepare: () => ({ path: '/orders', body: { items: OTHER_ITEMS }, details: HELD }),
    },
    {
      case: 'refuses a body that is not valid',
      prepare: () => ({ path: '/orders', body: { items: [] }, resourceId: null }),
      status: 400,
      reason: 'validation',
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
