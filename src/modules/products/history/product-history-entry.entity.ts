import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AuditChanges } from '../../../audit/index.js';

/** What the history keeps of an event about a product. */
@Entity('product_history')
export class ProductHistoryEntryEntity {
  /** The event's id: UUIDv7, so that ids are in the order of time. */
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('uuid', { name: 'product_id' })
  declare productId: string;

  @Column('timestamptz', { name: 'occurred_at' })
  declare occurredAt: Date;

  @Column('text')
  declare type: string;

  @Column('text')
  declare outcome: string;

  @Column('text', { name: 'actor_type' })
  declare actorType: string;

  @Column('text', { name: 'actor_id', nullable: true })
  declare actorId: string | null;

  @Column('text', { nullable: true })
  declare reason: string | null;

  @Column('jsonb', { nullable: true })
  declare changes: AuditChanges | null;
}
