import { RefusedError } from '../../http-input/refused.error.js';
import { statusesAllowing, type OrderStatus, type OrderStep } from './order-status.js';

/** The caller is not a member of the store. */
export const notAMember = (storeId: string): RefusedError =>
  new RefusedError(
    403,
    'not_a_member',
    `Cannot order in the store ${storeId}: you are not one of its members. Ask an administrator to add you, or leave storeId out.`,
  );

/** There is no order of that id, or it is somebody else's, which is not told apart. */
export const orderNotFound = (id: string): RefusedError =>
  new RefusedError(
    404,
    'order_not_found',
    `Cannot find the order ${id}: you have no order with that id. GET /orders lists yours.`,
  );

/** The order is in a state in which the step is not allowed. */
export const orderStepRefused = (id: string, status: OrderStatus, step: OrderStep): RefusedError =>
  new RefusedError(
    409,
    `order_is_${status}`,
    `Cannot ${step} the order ${id}: it is ${status}. Only an order that is ${statusesAllowing(step).join(' or ')} allows it.`,
  );

/** Why a payment is declined, and what was seen then. */
export const DECLINE_REASONS = {
  card_declined: 'the card was declined',
  insufficient_funds: 'the card has not enough funds',
  card_expired: 'the card has expired',
} as const;
export type DeclineReason = keyof typeof DECLINE_REASONS;

/** The payment provider takes no money for the order. */
export const paymentDeclined = (id: string, reason: DeclineReason): RefusedError =>
  new RefusedError(402, reason, `Cannot pay the order ${id}: ${DECLINE_REASONS[reason]}. Use another card.`);

/** There is nothing to give back, or less than was asked for. */
export const refundRefused = (id: string, reason: string, seen: string, remedy: string): RefusedError =>
  new RefusedError(409, reason, `Cannot refund the order ${id}: ${seen}. ${remedy}`);
