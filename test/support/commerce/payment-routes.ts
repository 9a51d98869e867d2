import { expect } from '@jest/globals';
import { orderRoute, unknownOrder } from './order-route.js';
import { type CommerceCallers, type PreparedCall, type RouteCase } from './route-case.js';
import { makeOrder, makePaidOrder, OTHER_TOTAL_CENTS } from './things.js';

const TOKEN = { paymentMethodToken: 'tok_visa' };

/** The routes of payments and refunds. */
export const PAYMENT_ROUTES: readonly RouteCase[] = [
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
    unknownOrder('/refunds', {}),
  ]),
];

function refundOf(id: string, body: object, amountCents: number, leftCents: number): PreparedCall {
  return {
    path: `/orders/${id}/refunds`,
    body,
    resourceId: id,
    details: { ...body, paymentId: expect.any(String), amountCents, leftCents },
    changes: { before: { refundedCents: 0 }, after: { refundedCents: amountCents } },
  };
}
