import type { EntityManager } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { OrderNotFoundError } from './errors/order-not-found.error.js';
import { OrderStepRefusedError } from './errors/order-step-refused.error.js';
import { moveOrder, type OrderStatus, type OrderStep } from './order-status.js';
import { OrderEntity } from './order.entity.js';

/** An order that nobody else can change before the transaction ends, and the state that the step leads to. */
export interface LockedOrder {
  readonly order: OrderEntity;
  readonly next: OrderStatus;
}

/**
 * Locks the row of one of the caller's own orders for a step. Waits for other steps on it, and sees what they did. The
 * operation's event gets the order's tenant, and the reason of a refusal.
 *
 * @throws OrderNotFoundError (404) when there is none, or it is somebody else's
 * @throws OrderStepRefusedError (409) when its state does not allow the step
 */
export async function lockOrder(
  manager: EntityManager,
  caller: AuthenticatedUser,
  id: string,
  step: OrderStep,
): Promise<LockedOrder> {
  const order = await manager.findOne(OrderEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (order) AuditContext.annotate({ resource: { type: 'order', id: order.id } });
  if (order?.storeId) AuditContext.set({ tenantId: order.storeId });
  if (order?.ownerId !== caller.id) {
    AuditContext.annotate({ reason: 'order_not_found' });
    throw new OrderNotFoundError(id);
  }
  const next = moveOrder(order.status, step);
  if (next === undefined) {
    AuditContext.annotate({ reason: `order_is_${order.status}` });
    throw new OrderStepRefusedError(order.id, order.status, step);
  }
  return { order, next };
}
