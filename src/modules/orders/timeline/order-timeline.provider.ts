import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditProvider, type AuditEvent } from '../../../audit/index.js';
import { timelineRowOf } from './timeline-row.js';

const INSERT = `
  INSERT INTO order_timeline (id, order_id, occurred_at, type, outcome, actor_type, actor_id, reason, details)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                       $8::text[], $9::jsonb[])
  ON CONFLICT (id) DO NOTHING`;
const COLUMNS = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

/** Keeps the timeline of each order: one statement a batch, idempotent by event id. */
@Injectable()
@AuditProvider({ backend: 'order-timeline', categories: ['order', 'payment'] })
export class OrderTimelineProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Committed when it resolves. Events that are about no order with an id are skipped. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    const rows = batch.flatMap((event) => {
      const row = timelineRowOf(event);
      return row ? [row] : [];
    });
    if (rows.length === 0) return;
    await this.database.query(
      INSERT,
      COLUMNS.map((column) => rows.map((row) => row[column])),
    );
  }
}
