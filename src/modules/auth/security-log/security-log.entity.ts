import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AuditOutcome } from '../../../audit/index.js';

/** One line of an account's security log. The initial values only make a new instance complete. */
@Entity('security_log')
export class SecurityLogEntry {
  /** The event's id, a UUIDv7: the order of ids is that of time. */
  @PrimaryColumn('uuid')
  id = '';

  @Column('uuid', { name: 'user_id' })
  userId = '';

  @Column('timestamptz', { name: 'occurred_at' })
  occurredAt = new Date(0);

  @Column('text')
  type = '';

  @Column('text')
  outcome: AuditOutcome = 'success';

  @Column('text', { nullable: true })
  reason: string | null = null;

  @Column('inet', { nullable: true })
  ip: string | null = null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null = null;
}
