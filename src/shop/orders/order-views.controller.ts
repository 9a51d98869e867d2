import { Controller, Get, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan, type EntityManager } from 'typeorm';
import { NotAudited } from '../../audit/index.js';
import { PageQuery } from '../http-input/page.dto.js';
import { CurrentUser, type AuthenticatedUser } from '../auth/index.js';
import { loadLines, shownLines } from './order-lines.js';
import { orderNotFound } from './order-steps.js';
import { OrderEntity } from './order.entity.js';
import { OrderList, OrderTimeline, OrderView, TimelineQuery, type TimelineItem } from './orders.dto.js';

const TIMELINE = `
  SELECT id, occurred_at AS "occurredAt", type, outcome, json_build_object('type', actor_type, 'id', actor_id) AS actor,
         reason, details
    FROM order_timeline WHERE order_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`;

/** Shows an order and its events to the order's owner and to administrators. */
@ApiTags('orders')
@Controller('orders')
export class OrderViewsController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Lists your orders, newest first */
  @Get()
  @NotAudited('changes nothing, and shows only the caller’s own orders')
  async list(
    @CurrentUser() { id: ownerId }: AuthenticatedUser,
    @Query() { limit, before }: PageQuery,
  ): Promise<OrderList> {
    const where = { ownerId, ...(before === undefined ? {} : { id: LessThan(before) }) };
    return {
      items: await this.load((manager) => manager.find(OrderEntity, { where, order: { id: 'DESC' }, take: limit })),
    };
  }

  /** Shows an order to the order's owner or an administrator */
  @Get(':id')
  @NotAudited('changes nothing')
  async find(
    @CurrentUser() { id: ownerId, roles }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<OrderView> {
    const where = roles.includes('admin') ? { id } : { id, ownerId };
    const [view] = await this.load((manager) => manager.findBy(OrderEntity, where));
    if (!view) throw orderNotFound(id);
    return view;
  }

  /** Shows the events of an order, oldest first */
  @Get(':id/timeline')
  @NotAudited('changes nothing')
  async timeline(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { limit, after }: TimelineQuery,
  ): Promise<OrderTimeline> {
    await this.find(caller, id);
    return { items: await this.database.query<TimelineItem[]>(TIMELINE, [id, after, limit]) };
  }

  private load(select: (manager: EntityManager) => Promise<OrderEntity[]>): Promise<OrderView[]> {
    return this.database.transaction('REPEATABLE READ', async (manager) => {
      const orders = await select(manager);
      const lines = await loadLines(
        manager,
        orders.map(({ id }) => id),
      );
      return orders.map((order) => Object.assign(order, { items: shownLines(lines.get(order.id)) }));
    });
  }
}
