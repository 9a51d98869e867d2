import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditContext } from '../../audit/index.js';

/** The roles that users can have; every account has the role `user`. */
export const ROLES = ['user', 'admin', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** An account. */
@Entity('auth_user')
export class UserEntity {
  @PrimaryColumn('uuid')
  id = '';

  /** The e-mail address is unique, trimmed and in lower case. */
  @Column('text')
  email = '';

  @Column('text')
  name = '';

  /** An Argon2id hash in PHC format, which includes its parameters and salt. */
  @Column('text', { name: 'password_hash' })
  passwordHash = '';

  @Column('text', { array: true })
  roles: Role[] = [];

  /** The owner of an inactive account can neither log in nor use an open session. */
  @Column('boolean')
  active = true;

  /** The end of the account's lock after too many wrong passwords. */
  @Column('timestamptz', { name: 'locked_until', nullable: true })
  lockedUntil: Date | null = null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt = new Date(0);
}

/** The user of a request, with the values that the database had at the time of the request. The guard stores this object as `request.user`. */
export interface AuthenticatedUser extends Readonly<Pick<UserEntity, 'id' | 'email' | 'name' | 'roles'>> {
  /** UUID of the access token's session; absent for an API key. */
  readonly sessionId?: string;
}

/** The user of a request to a `@SessionOnly()` route. */
export type SessionUser = AuthenticatedUser & { readonly sessionId: string };

/** Normalises an e-mail address, so that two spellings of the same address cannot be two accounts. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Sets the account as the actor and the resource of this request's audit events. */
export function noteAccount({ id, name }: { readonly id: string; readonly name: string }, sessionId?: string): void {
  AuditContext.set({ actor: { type: 'user', id, name, sessionId } });
  AuditContext.annotate({ resource: { type: 'user', id } });
}
