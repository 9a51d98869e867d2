import type { EntityManager } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { OrderNotFoundError } from './errors/order-not-found.error.js';
import { OrderStepRefusedError } from './errors/order-step-refused.error.js';
import { moveOrder, type OrderStatus, type OrderStep } from './order-status.js';
import { OrderEntity } from './order.entity.js';

/**
 * Locks the row of one of the caller's own orders until the transaction ends. Waits for other steps on it, and sees what
 * they did. The operation's event gets the order, its tenant, and the reason of a refusal.
 *
 * @throws OrderNotFoundError (404) without one, or it is somebody else's
 */
export async function lockOwnOrder(
  manager: EntityManager,
  caller: AuthenticatedUser,
  id: string,
): Promise<OrderEntity> {
  return orRefuse(id, await lockRow(manager, id), (order) => order.ownerId === caller.id);
}

/**
 * Locks the row of anybody's order, for administrators; otherwise as {@link lockOwnOrder}.
 *
 * @throws OrderNotFoundError (404)
 */
export async function lockAnyOrder(manager: EntityManager, id: string): Promise<OrderEntity> {
  return orRefuse(id, await lockRow(manager, id), () => true);
}

/**
 * The state that the step leads to. The operation's event gets the reason of a refusal.
 *
 * @throws OrderStepRefusedError (409) when the order's state does not allow the step
 */
export function statusAfter(order: OrderEntity, step: OrderStep): OrderStatus {
  const next = moveOrder(order.status, step);
  if (next !== undefined) return next;
  AuditContext.annotate({ reason: `order_is_${order.status}` });
  throw new OrderStepRefusedError(order.id, order.status, step);
}

async function lockRow(manager: EntityManager, id: string): Promise<OrderEntity | null> {
  const order = await manager.findOne(OrderEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (order) AuditContext.annotate({ resource: { type: 'order', id: order.id } });
  if (order?.storeId) AuditContext.set({ tenantId: order.storeId });
  return order;
}

function orRefuse(id: string, order: OrderEntity | null, mayChange: (order: OrderEntity) => boolean): OrderEntity {
  if (order && mayChange(order)) return order;
  AuditContext.annotate({ reason: 'order_not_found' });
  throw new OrderNotFoundError(id);
}
