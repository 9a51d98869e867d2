import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { loadLines } from './order-lines.js';
import { OrderEntity } from './order.entity.js';
import { forgetWordsOf } from './order-timeline.provider.js';

/** Erases the SKUs of items that are not products, because the person typed these SKUs. */
const FORGET_SKUS = `
  UPDATE orders_item SET sku = 'erased'
   WHERE product_id IS NULL AND order_id IN (SELECT id FROM orders_order WHERE owner_id = $1)`;

/** Exports and erases a person's orders. An erasure keeps the orders for bookkeeping, but removes the person's texts from them. */
@Injectable()
@HoldsPersonalData({ section: 'orders' })
export class OrderPersonalData implements PersonalDataHolder {
  async exportFor(ownerId: string, manager: EntityManager): Promise<readonly object[]> {
    const orders = await manager.find(OrderEntity, { where: { ownerId }, order: { id: 'ASC' } });
    const ids = orders.map(({ id }) => id);
    const lines = await loadLines(manager, ids);
    return orders.map((order) => Object.assign(order, { items: lines.get(order.id) ?? [] }));
  }

  async eraseFor(ownerId: string, manager: EntityManager): Promise<void> {
    await manager.update(OrderEntity, { ownerId }, { cancelReason: null });
    await manager.query(FORGET_SKUS, [ownerId]);
    await forgetWordsOf(ownerId, manager);
  }
}
