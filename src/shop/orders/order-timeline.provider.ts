import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AuditProvider,
  PersonalNames,
  type AuditEvent,
  type AuditSubject,
  type JsonObject,
} from '../../audit/index.js';
import { addEventRows, pagesOf } from '../database/event-rows.js';
import { forgetDetails, patternsOf } from '../personal-data/index.js';

const FORGET_WORDS = `
  UPDATE order_timeline SET reason = NULL, details = details - 'reason' WHERE actor_id = $1 AND details ? 'reason'`;
const FORGET_REASONS = 'UPDATE order_timeline SET reason = NULL WHERE reason ILIKE ANY ($1::text[])';
const DETAILS = {
  name: 'order_timeline',
  eventName: 'type',
  where: 'actor_id = $1 OR details::text ILIKE ANY ($2::text[])',
};
const PAGE = `
  SELECT id, order_id AS "orderId", occurred_at AS "occurredAt", type, outcome, reason, details
    FROM order_timeline WHERE actor_id = $1 AND id > $2 ORDER BY id LIMIT 500`;

/** Removes from all timelines the reasons that the person wrote, in the manager's transaction. Resolves with the number of changed entries. */
export async function forgetWordsOf(actorId: string, manager: EntityManager): Promise<number> {
  const [, changed] = await manager.query<readonly [unknown, number]>(FORGET_WORDS, [actorId]);
  return changed;
}

/** Stores the timeline of each order. An event with an id that is already stored is skipped. */
@Injectable()
@AuditProvider({ backend: 'order-timeline', categories: ['order', 'payment'] })
export class OrderTimelineProvider implements AuditProvider {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly personalNames: PersonalNames,
  ) {}

  /** Stores a batch, which is committed when the promise resolves. Skips events that do not have the id of an order. */
  record(batch: readonly AuditEvent[]): Promise<void> {
    const events = batch.filter(({ resource }) => resource?.type === 'order' && isUUID(resource.id));
    return addEventRows(this.database, 'order_timeline', events.map(rowOf));
  }

  async eraseSubject({ id, identifiers }: AuditSubject): Promise<number> {
    const { manager } = this.database;
    const patterns = patternsOf(identifiers);
    const words = await forgetWordsOf(id, manager);
    const [, reasons] = await manager.query<readonly [unknown, number]>(FORGET_REASONS, [patterns]);
    return words + reasons + (await forgetDetails(DETAILS, [id, patterns], manager, this.personalNames));
  }

  reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    return pagesOf(this.database, PAGE, id);
  }
}

function rowOf({ id, resource, occurredAt, type, outcome, actor, reason, details }: AuditEvent): object {
  const shownReason = reason ?? (typeof details.reason === 'string' ? details.reason : null);
  return {
    ...{
      id,
      order_id: resource?.id,
      occurred_at: occurredAt,
      type,
      outcome,
      actor_type: actor.type,
      actor_id: actor.id,
    },
    ...{ reason: shownReason, details },
  };
}
