/*
 *          change
 *           ╭──╮
 *           ▼  │   pay           ship
 *           new ─────────► paid ─────────► shipped
 *            │               │
 *            │ cancel        │ cancel
 *            ╰──► canceled ◄─╯
 *
 * Shipped and canceled are final.
 */

/** The states of an order. */
const ORDER_STATUSES = ['new', 'paid', 'shipped', 'canceled'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What can be done to an order. */
export type OrderStep = 'change' | 'pay' | 'ship' | 'cancel';

const MOVES: Readonly<Record<OrderStep, Readonly<Partial<Record<OrderStatus, OrderStatus>>>>> = {
  change: { new: 'new' },
  pay: { new: 'paid' },
  ship: { paid: 'shipped' },
  cancel: { new: 'canceled', paid: 'canceled' },
};

/** The state that `step` leads to from `status`; `undefined` when the step is not allowed there. */
export function moveOrder(status: OrderStatus, step: OrderStep): OrderStatus | undefined {
  return MOVES[step][status];
}

/** The states in which `step` is allowed, in the order of an order's life. */
export function statusesAllowing(step: OrderStep): readonly OrderStatus[] {
  return ORDER_STATUSES.filter((status) => moveOrder(status, step) !== undefined);
}
