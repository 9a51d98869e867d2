import { In, type EntityManager } from 'typeorm';
import type { SoldLine } from '../products/index.js';
import { OrderItemEntity } from './order-item.entity.js';

/** One line of an order, as it is shown: without what only the stock needs. */
export type OrderLine = Omit<SoldLine, 'productId'>;

/** What an order may hold, with prices up to a product's limit. The largest total, 10^14 cents, is a safe integer. */
export const ORDER_LIMITS = { items: 100, quantity: 10_000 } as const;

/** The sum of an order in cents: exact for lines within the limits. */
export function totalCentsOf(lines: readonly OrderLine[]): number {
  return lines.reduce((total, { quantity, unitPriceCents }) => total + quantity * unitPriceCents, 0);
}

/** The items of some orders, each order's as they were given, by order id. An order without items is not in the map. */
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

/** Makes `lines` the order's items, in place of those it had. Call it in a transaction that holds the order's row. */
export async function replaceLines(manager: EntityManager, orderId: string, lines: readonly SoldLine[]): Promise<void> {
  await manager.delete(OrderItemEntity, { orderId });
  await manager.insert(
    OrderItemEntity,
    lines.map((line, position) => ({ orderId, position, ...line })),
  );
}

/** The lines as they are shown. */
export function shownLines(lines: readonly SoldLine[] = []): OrderLine[] {
  return lines.map(({ sku, quantity, unitPriceCents }) => ({ sku, quantity, unitPriceCents }));
}
