import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditProvider, type AuditEvent, type AuditSubject, type JsonObject } from '../../audit/index.js';
import { addEventRows, readPages, toLikePatterns } from '../database/event-rows.js';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { OrderEntity } from './orders.entities.js';

const SELECT_TIMELINE = `
  SELECT id, occurred_at AS "occurredAt", type, outcome, json_build_object('type', actor_type, 'id', actor_id) AS actor,
         reason, details
    FROM order_timeline WHERE order_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`;
const FORGET = `
  UPDATE order_timeline SET reason = NULL, details = '{}'
   WHERE (actor_id = $1 OR reason ILIKE ANY ($2::text[]) OR details::text ILIKE ANY ($2::text[]))
     AND (details <> '{}' OR reason IS NOT NULL)`;
const PAGE = `
  SELECT id, order_id AS "orderId", occurred_at AS "occurredAt", type, outcome, reason, details
    FROM order_timeline WHERE actor_id = $1 AND id > $2 ORDER BY id LIMIT 500`;

/** Stores the timeline of each order. An event with an id that is already stored is skipped. */
@Injectable()
@AuditProvider({ backend: 'order-timeline', categories: ['order', 'payment'] })
export class OrderTimelineProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Stores a batch, which is committed when the promise resolves. Skips events that do not have the id of an order. */
  record(batch: readonly AuditEvent[]): Promise<void> {
    const events = batch.filter(({ resource }) => resource?.type === 'order' && isUUID(resource.id));
    return addEventRows(this.database, 'order_timeline', events.map(toRow));
  }

  /** Returns the events of an order, oldest first. With `after`, returns only events that are newer than this event. */
  readEntries(orderId: string, limit: number, after?: string): Promise<readonly object[]> {
    return this.database.query(SELECT_TIMELINE, [orderId, after, limit]);
  }

  eraseSubject(subject: AuditSubject): Promise<number> {
    return erasePerson(subject, this.database.manager);
  }

  reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    return readPages(this.database, PAGE, id);
  }
}

/** Exports and erases a person's orders. An erasure keeps the orders for bookkeeping, but removes the person's texts from them. */
@Injectable()
@HoldsPersonalData({ section: 'orders' })
export class OrderPersonalData implements PersonalDataHolder {
  exportFor(ownerId: string, manager: EntityManager): Promise<readonly object[]> {
    return manager.find(OrderEntity, { where: { ownerId }, order: { id: 'ASC' } });
  }

  async eraseFor(ownerId: string, manager: EntityManager): Promise<void> {
    for (const order of await manager.findBy(OrderEntity, { ownerId })) {
      order.items = order.items.map((item) => ({ ...item, sku: 'erased' })); // the person typed the SKU
      await manager.save(Object.assign(order, { cancelReason: null }));
    }
    await erasePerson({ id: ownerId }, manager);
  }
}

/** Removes what the person wrote, and texts that name the person, from all timelines. Resolves with the number of changed entries. */
async function erasePerson({ id, identifiers }: AuditSubject, manager: EntityManager): Promise<number> {
  const [, changed] = await manager.query<readonly [unknown, number]>(FORGET, [id, toLikePatterns(identifiers)]);
  return changed;
}

function toRow({ id, resource, occurredAt, type, outcome, actor, reason, details }: AuditEvent): object {
  return {
    ...{ id, order_id: resource?.id, occurred_at: occurredAt, type, outcome },
    ...{ actor_type: actor.type, actor_id: actor.id, details },
    reason: reason ?? (typeof details.reason === 'string' ? details.reason : null),
  };
}
