import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JsonObject } from '../../../audit/index.js';

/** What the timeline keeps of an event about an order. */
@Entity('order_timeline')
export class OrderTimelineEntryEntity {
  /** The event's id: UUIDv7, so that ids are in the order of time. */
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('uuid', { name: 'order_id' })
  declare orderId: string;

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

  @Column('jsonb')
  declare details: JsonObject;
}
