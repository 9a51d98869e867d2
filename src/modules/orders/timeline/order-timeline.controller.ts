import { Controller, Get, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { NotAudited } from '../../../audit/index.js';
import { CurrentUser, type AuthenticatedUser } from '../../auth/index.js';
import { OrderViews } from '../order-views.service.js';
import { OrderTimeline, TimelineQuery, type TimelineItem } from '../orders.dto.js';

const PAGE = `
  SELECT id, occurred_at AS "occurredAt", type, outcome, json_build_object('type', actor_type, 'id', actor_id) AS actor,
         reason, details
    FROM order_timeline WHERE order_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`;

/** What happened to an order, for its owner and for administrators. */
@ApiTags('orders')
@Controller('orders/:id/timeline')
export class OrderTimelineController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly orders: OrderViews,
  ) {}

  /** Shows what happened to an order, oldest first */
  @Get()
  @NotAudited('changes nothing')
  async read(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { limit, after }: TimelineQuery,
  ): Promise<OrderTimeline> {
    await this.orders.find(caller, id);
    return { items: await this.database.query<TimelineItem[]>(PAGE, [id, after, limit]) };
  }
}
