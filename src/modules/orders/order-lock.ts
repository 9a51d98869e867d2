import type { EntityManager } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { moveOrder, type OrderStatus, type OrderStep } from './order-status.js';
import { OrderEntity } from './order.entity.js';
import { orderNotFound, orderStepRefused } from './orders.error.js';

/**
 * Locks the row of an order until the transaction ends: one of the caller's own, or, without a caller, anybody's. Waits for
 * other steps on it, and sees what they did. The operation's event gets the order and its tenant.
 *
 * @throws RefusedError (404) without one, or it is somebody else's
 */
export async function lockOrder(manager: EntityManager, id: string, caller?: AuthenticatedUser): Promise<OrderEntity> {
  const order = await manager.findOne(OrderEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (order) AuditContext.annotate({ resource: { type: 'order', id: order.id } });
  if (order?.storeId) AuditContext.set({ tenantId: order.storeId });
  if (!order || (caller && order.ownerId !== caller.id)) throw orderNotFound(id);
  return order;
}

/** The state that the step leads to. @throws RefusedError (409) when the order's state does not allow the step */
export function statusAfter(order: OrderEntity, step: OrderStep): OrderStatus {
  const next = moveOrder(order.status, step);
  if (next === undefined) throw orderStepRefused(order.id, order.status, step);
  return next;
}
