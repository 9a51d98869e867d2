import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditContext } from '../../../audit/index.js';
import type { Role } from '../access/authenticated-user.js';

/** An account. The initial values only make a new instance complete; every row has all of them. */
@Entity('auth_user')
export class UserEntity {
  @PrimaryColumn('uuid')
  id = '';

  /** Lower case, trimmed; unique. */
  @Column('text')
  email = '';

  @Column('text')
  name = '';

  /** Argon2id in PHC format, with its parameters and salt. */
  @Column('text', { name: 'password_hash' })
  passwordHash = '';

  @Column('text', { array: true })
  roles: Role[] = [];

  /** An account that is not active can neither log in nor use an open session. */
  @Column('boolean')
  active = true;

  /** When the owner of the e-mail address showed that it is his. */
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt: Date | null = null;

  /** Whether somebody else gave the account its password. */
  @Column('boolean', { name: 'password_change_required' })
  passwordChangeRequired = false;

  /** Until when nobody can log in, after too many wrong passwords or codes. */
  @Column('timestamptz', { name: 'locked_until', nullable: true })
  lockedUntil: Date | null = null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt = new Date(0);
}

/** The one spelling of an e-mail address by which its account is found. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Says, for this request's audit events, whose account it is about and acted with. */
export function noteAccount({ id, name }: { readonly id: string; readonly name: string }, sessionId?: string): void {
  AuditContext.set({ actor: { type: 'user', id, name, sessionId } });
  AuditContext.annotate({ resource: { type: 'user', id } });
}
