import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { AuthenticatedUser } from '../../auth/index.js';
import type { TimelineItem } from '../dto/order-timeline.dto.js';
import type { TimelinePageQuery } from '../dto/timeline-page.dto.js';
import { OrderViews } from '../order-views.service.js';
import { OrderTimelineEntryEntity } from './order-timeline-entry.entity.js';

/** Reads what {@link OrderTimelineProvider} keeps. */
@Injectable()
export class OrderTimelineReader {
  constructor(
    @InjectRepository(OrderTimelineEntryEntity) private readonly entries: Repository<OrderTimelineEntryEntity>,
    @Inject(OrderViews) private readonly orders: OrderViews,
  ) {}

  /**
   * What happened to an order, oldest first.
   *
   * @throws OrderNotFoundError (404) when the caller may not see the order
   */
  async read(
    caller: AuthenticatedUser,
    orderId: string,
    { limit, after }: TimelinePageQuery,
  ): Promise<Readonly<TimelineItem>[]> {
    await this.orders.find(caller, orderId);
    const found = await this.entries.find({
      where: { orderId, ...(after === undefined ? {} : { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: limit,
    });
    return found.map(itemOf);
  }
}

function itemOf(entry: OrderTimelineEntryEntity): Readonly<TimelineItem> {
  const { id, type, outcome, actorType, actorId, reason, details } = entry;
  const occurredAt = entry.occurredAt.toISOString();
  return { id, occurredAt, type, outcome, actor: { type: actorType, id: actorId }, reason, details };
}
