import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { AuditProvider, type AuditEvent } from '../../audit/index.js';
import { addEventRows } from '../database/event-rows.js';

/** Stores the history of each product. An event with an id that is already stored is skipped. */
@Injectable()
@AuditProvider({ backend: 'product-history', categories: ['catalog'] })
export class ProductHistoryProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Stores a batch, which is committed when the promise resolves. Skips events that do not have the id of a product. */
  record(batch: readonly AuditEvent[]): Promise<void> {
    const events = batch.filter(({ resource }) => resource?.type === 'product' && isUUID(resource.id));
    return addEventRows(this.database, 'product_history', events.map(rowOf));
  }
}

function rowOf({ id, resource, occurredAt, type, outcome, actor, reason, changes }: AuditEvent): object {
  return {
    ...{ id, product_id: resource?.id, occurred_at: occurredAt, type, outcome },
    ...{ actor_type: actor.type, actor_id: actor.id, reason, changes },
  };
}
