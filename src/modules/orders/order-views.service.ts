import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan, type EntityManager } from 'typeorm';
import type { AuthenticatedUser } from '../auth/index.js';
import type { OrderPageQuery } from './dto/order-page.dto.js';
import type { OrderView } from './dto/order.dto.js';
import { OrderNotFoundError } from './errors/order-not-found.error.js';
import { loadLines, shownLines } from './order-lines.js';
import type { OrderLine } from './order-total.js';
import { OrderEntity } from './order.entity.js';

/** Shows orders: to their owner, and to administrators. */
@Injectable()
export class OrderViews {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** @throws OrderNotFoundError (404) when the caller may see no such order */
  async find(caller: AuthenticatedUser, id: string): Promise<Readonly<OrderView>> {
    const [view] = await this.load(async (manager) => {
      const order = await manager.findOneBy(OrderEntity, { id });
      return order && maySee(caller, order) ? [order] : [];
    });
    if (!view) throw new OrderNotFoundError(id);
    return view;
  }

  /** The caller's own, newest first. */
  async list(caller: AuthenticatedUser, { limit, before }: OrderPageQuery): Promise<Readonly<OrderView>[]> {
    return this.load((manager) =>
      manager.find(OrderEntity, {
        where: { ownerId: caller.id, ...(before === undefined ? {} : { id: LessThan(before) }) },
        order: { id: 'DESC' },
        take: limit,
      }),
    );
  }

  /** Loads orders and their items as of one moment. */
  private load(select: (manager: EntityManager) => Promise<OrderEntity[]>): Promise<Readonly<OrderView>[]> {
    return this.database.transaction('REPEATABLE READ', async (manager) => {
      const orders = await select(manager);
      if (orders.length === 0) return [];
      const lines = await loadLines(
        manager,
        orders.map(({ id }) => id),
      );
      return orders.map((order) => viewOf(order, shownLines(lines.get(order.id) ?? [])));
    });
  }
}

function maySee(caller: AuthenticatedUser, order: OrderEntity): boolean {
  return order.ownerId === caller.id || caller.roles.includes('admin');
}

function viewOf(order: OrderEntity, items: readonly OrderLine[]): Readonly<OrderView> {
  const { id, status, totalCents, ownerId, storeId, cancelReason } = order;
  const dates = { createdAt: order.createdAt.toISOString(), updatedAt: order.updatedAt.toISOString() };
  return { id, status, totalCents, ownerId, storeId, cancelReason, items, ...dates };
}
