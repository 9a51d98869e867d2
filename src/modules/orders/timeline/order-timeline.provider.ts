import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AuditProvider,
  PersonalNames,
  type AuditEvent,
  type AuditSubject,
  type JsonObject,
} from '../../../audit/index.js';
import { forgetDetails, patternsOf } from '../../personal-data/index.js';
import { timelineRowOf } from './timeline-row.js';

const INSERT = `
  INSERT INTO order_timeline (id, order_id, occurred_at, type, outcome, actor_type, actor_id, reason, details)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                       $8::text[], $9::jsonb[])
  ON CONFLICT (id) DO NOTHING`;
const COLUMNS = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

/** What a person wrote stands in the timelines as the reason of the person's own events. */
const FORGET_WORDS = `
  UPDATE order_timeline SET reason = NULL, details = details - 'reason' WHERE actor_id = $1 AND details ? 'reason'`;
const FORGET_REASONS = 'UPDATE order_timeline SET reason = NULL WHERE reason ILIKE ANY ($1::text[])';
/** What the person did, and what names the person. */
const DETAILS = {
  name: 'order_timeline',
  eventName: 'type',
  where: 'actor_id = $1 OR details::text ILIKE ANY ($2::text[])',
};
const PAGE = `
  SELECT id, order_id AS "orderId", occurred_at AS "occurredAt", type, outcome, reason, details
    FROM order_timeline WHERE actor_id = $1 AND id > $2 ORDER BY id LIMIT 500`;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Takes out of the timelines what the person wrote, in the manager's transaction if there is one. Resolves with how many entries. */
export async function forgetWordsOf(actorId: string, manager: EntityManager): Promise<number> {
  const [, changed] = await manager.query<readonly [unknown, number]>(FORGET_WORDS, [actorId]);
  return changed;
}

/** Keeps the timeline of each order: one statement a batch, idempotent by event id. */
@Injectable()
@AuditProvider({ backend: 'order-timeline', categories: ['order', 'payment'] })
export class OrderTimelineProvider implements AuditProvider {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
  ) {}

  /** Committed when it resolves. Events that are about no order with an id are skipped. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    const rows = batch.flatMap((event) => {
      const row = timelineRowOf(event);
      return row ? [row] : [];
    });
    // Also without rows: what resolves says that the store takes events.
    await this.database.query(
      INSERT,
      COLUMNS.map((column) => rows.map((row) => row[column])),
    );
  }

  async eraseSubject({ id, identifiers }: AuditSubject): Promise<number> {
    const { manager } = this.database;
    const patterns = patternsOf(identifiers);
    const words = await forgetWordsOf(id, manager);
    const [, reasons] = await manager.query<readonly [unknown, number]>(FORGET_REASONS, [patterns]);
    return words + reasons + (await forgetDetails(DETAILS, [id, patterns], manager, this.personalNames));
  }

  async *reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    for (let after: unknown = FIRST_ID; after !== undefined;) {
      const rows = await this.database.query<readonly JsonObject[]>(PAGE, [id, after]);
      yield* rows;
      after = rows.at(-1)?.id;
    }
  }
}
