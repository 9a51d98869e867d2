import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan, type EntityManager } from 'typeorm';
import type { PageQuery } from '../../http-input/page.dto.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { loadLines, shownLines } from './order-lines.js';
import { OrderEntity } from './order.entity.js';
import type { OrderView } from './orders.dto.js';
import { orderNotFound } from './orders.error.js';

/** Shows orders: to their owner, and to administrators. */
@Injectable()
export class OrderViews {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** @throws RefusedError (404) when the caller may see no such order */
  async find(caller: AuthenticatedUser, id: string): Promise<OrderView> {
    const [view] = await this.load(async (manager) => {
      const order = await manager.findOneBy(OrderEntity, { id });
      return order && (order.ownerId === caller.id || caller.roles.includes('admin')) ? [order] : [];
    });
    if (!view) throw orderNotFound(id);
    return view;
  }

  /** The caller's own, newest first. */
  async list(caller: AuthenticatedUser, { limit, before }: PageQuery): Promise<OrderView[]> {
    const where = { ownerId: caller.id, ...(before === undefined ? {} : { id: LessThan(before) }) };
    return this.load((manager) => manager.find(OrderEntity, { where, order: { id: 'DESC' }, take: limit }));
  }

  /** Loads orders and their items as of one moment. */
  private load(select: (manager: EntityManager) => Promise<OrderEntity[]>): Promise<OrderView[]> {
    return this.database.transaction('REPEATABLE READ', async (manager) => {
      const orders = await select(manager);
      const ids = orders.map(({ id }) => id);
      const lines = ids.length === 0 ? new Map<string, never>() : await loadLines(manager, ids);
      return orders.map((order) => Object.assign(order, { items: shownLines(lines.get(order.id)) }));
    });
  }
}
