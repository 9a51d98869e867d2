import { In, type EntityManager } from 'typeorm';
import type { SoldLine } from '../products/index.js';
import { OrderItemEntity } from './order-item.entity.js';

/** One line of an order as responses show it, without the field that only the stock needs. */
export type OrderLine = Omit<SoldLine, 'productId'>;

/** The limits of an order. With prices up to the limit of a product, the largest possible total is 10^14 cents, which is a safe integer. */
export const ORDER_LIMITS = { items: 100, quantity: 10_000 } as const;

/** Returns the total of an order in cents. The total is exact if the lines are within the limits. */
export function totalCentsOf(lines: readonly OrderLine[]): number {
  return lines.reduce((total, { quantity, unitPriceCents }) => total + quantity * unitPriceCents, 0);
}

/** Loads the items of several orders. Returns the items by order id, in their original order. An order without items is not in the map. */
export async function loadLines(
  manager: EntityManager,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, readonly SoldLine[]>> {
  const rows = await manager.find(OrderItemEntity, {
    where: { orderId: In(orderIds) },
    order: { orderId: 'ASC', position: 'ASC' },
  });
  const lines = new Map<string, SoldLine[]>();
  for (const { orderId, sku, quantity, unitPriceCents, productId } of rows) {
    const ofOrder = lines.get(orderId) ?? [];
    ofOrder.push({ sku, quantity, unitPriceCents, productId });
    lines.set(orderId, ofOrder);
  }
  return lines;
}

/** Replaces the order's items. Call it in a transaction in which the order's row is locked. */
export async function replaceLines(manager: EntityManager, orderId: string, lines: readonly SoldLine[]): Promise<void> {
  await manager.delete(OrderItemEntity, { orderId });
  await manager.insert(
    OrderItemEntity,
    lines.map((line, position) => ({ orderId, position, ...line })),
  );
}

export function shownLines(lines: readonly SoldLine[] = []): OrderLine[] {
  return lines.map(({ sku, quantity, unitPriceCents }) => ({ sku, quantity, unitPriceCents }));
}
