import { In, type EntityManager } from 'typeorm';
import { OrderItemEntity } from './order-item.entity.js';
import type { OrderLine } from './order-total.js';

/** The items of some orders, each order's as they were given, by order id. An order without items is not in the map. */
export async function loadLines(
  manager: EntityManager,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, readonly OrderLine[]>> {
  const rows = await manager.find(OrderItemEntity, {
    where: { orderId: In(orderIds) },
    order: { orderId: 'ASC', position: 'ASC' },
  });
  const lines = new Map<string, OrderLine[]>();
  for (const { orderId, sku, quantity, unitPriceCents } of rows) {
    const ofOrder = lines.get(orderId) ?? [];
    ofOrder.push({ sku, quantity, unitPriceCents });
    lines.set(orderId, ofOrder);
  }
  return lines;
}

/** Makes `lines` the order's items, in place of those it had. Call it in a transaction that holds the order's row. */
export async function replaceLines(
  manager: EntityManager,
  orderId: string,
  lines: readonly OrderLine[],
): Promise<void> {
  await manager.delete(OrderItemEntity, { orderId });
  await manager.insert(
    OrderItemEntity,
    lines.map(({ sku, quantity, unitPriceCents }, position) => ({ orderId, position, sku, quantity, unitPriceCents })),
  );
}
