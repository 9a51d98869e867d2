import type { EntityManager } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { OrderEntity, type OrderStatus } from './orders.entities.js';

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

const STEPS = {
  change: { new: 'new' },
  pay: { new: 'paid' },
  ship: { paid: 'shipped' },
  cancel: { new: 'canceled', paid: 'canceled' },
} as const;
export type OrderStep = keyof typeof STEPS;

/** Returns the state after the step. @throws RefusedError (409) if the order's state does not allow the step */
export function getNextStatus({ id, status }: OrderEntity, step: OrderStep): OrderStatus {
  const steps: Readonly<Partial<Record<OrderStatus, OrderStatus>>> = STEPS[step];
  const next = steps[status];
  if (next !== undefined) return next;
  const seen = `it is ${status}. Only an order that is ${Object.keys(steps).join(' or ')} allows this step.`;
  throw new RefusedError(409, `order_is_${status}`, `Cannot ${step} the order ${id}: ${seen}`);
}

/**
 * Locks the row of an order until the transaction ends, and waits for other steps of the order. If `caller` is given, the order must belong
 * to the caller. Sets the resource and the tenant of the audit event from the order.
 *
 * @throws RefusedError (404) if the order does not exist or belongs to somebody else
 */
export async function lockOrder(manager: EntityManager, id: string, caller?: AuthenticatedUser): Promise<OrderEntity> {
  const order = await manager.findOne(OrderEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (order) AuditContext.annotate({ resource: toAuditedOrder(order) });
  if (order?.storeId) AuditContext.set({ tenantId: order.storeId });
  if (!order || (caller && order.ownerId !== caller.id)) throw orderNotFound(id);
  return order;
}

/** Returns the resource of audit events about an order, which is named after its items: `2 × sencha-100`. */
export function toAuditedOrder({ id, items }: Pick<OrderEntity, 'id' | 'items'>) {
  return { type: 'order', id, name: items.map(({ quantity, sku }) => `${quantity} × ${sku}`).join(', ') };
}

/** Makes the error for an order that does not exist or belongs to somebody else. The error looks the same in both cases. */
export function orderNotFound(id: string): RefusedError {
  const message = `Cannot find the order ${id}: you have no order with that id. GET /orders lists yours.`;
  return new RefusedError(404, 'order_not_found', message);
}
