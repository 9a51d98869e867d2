import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JsonObject } from '../../../audit/index.js';

/** What the administrators' log keeps of an event. */
@Entity('admin_audit_log')
export class AdminLogEntryEntity {
  /** The event's id: UUIDv7, so that ids are in the order of time. */
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('timestamptz', { name: 'occurred_at' })
  declare occurredAt: Date;

  @Column('text', { name: 'admin_user_id' })
  declare adminUserId: string;

  @Column('text')
  declare action: string;

  @Column('text')
  declare outcome: string;

  @Column('text', { name: 'target_type', nullable: true })
  declare targetType: string | null;

  @Column('text', { name: 'target_id', nullable: true })
  declare targetId: string | null;

  @Column('jsonb')
  declare details: JsonObject;

  @Column('inet', { name: 'ip_address', nullable: true })
  declare ipAddress: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  declare userAgent: string | null;

  @Column('text', { name: 'request_id', nullable: true })
  declare requestId: string | null;
}
