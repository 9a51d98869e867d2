import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { AuditProvider, type AuditEvent } from '../../../audit/index.js';

const INSERT = `
  INSERT INTO product_history (id, product_id, occurred_at, type, outcome, actor_type, actor_id, reason, changes)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                       $8::text[], $9::jsonb[])
  ON CONFLICT (id) DO NOTHING`;

/** Keeps the history of each product: one statement a batch, idempotent by event id. */
@Injectable()
@AuditProvider({ backend: 'product-history', categories: ['catalog'] })
export class ProductHistoryProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Committed when it resolves. Events that are about no product with an id are skipped. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    const events = batch.filter(({ resource }) => resource?.type === 'product' && isUUID(resource.id));
    // Also without rows: what resolves says that the store takes events.
    await this.database.query(INSERT, [
      events.map(({ id }) => id),
      events.map(({ resource }) => resource?.id),
      events.map(({ occurredAt }) => occurredAt),
      events.map(({ type }) => type),
      events.map(({ outcome }) => outcome),
      events.map(({ actor }) => actor.type),
      events.map(({ actor }) => actor.id ?? null),
      events.map(({ reason }) => reason ?? null),
      events.map(({ changes }) => (changes ? JSON.stringify(changes) : null)),
    ]);
  }
}
