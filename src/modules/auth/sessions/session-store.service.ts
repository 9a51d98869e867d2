import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../../audit/index.js';
import { AppConfig } from '../../../config/index.js';
import type { Role, SessionUser } from '../access/authenticated-user.js';
import type { SessionView } from '../http/auth.dto.js';
import type { AccessClaims } from './access-tokens.service.js';

/** Whether a session can be used, and why not. */
export type SessionState = 'open' | 'revoked' | 'expired';

/** A session that exists, with its user as he is now. */
export interface KnownSession {
  readonly user: SessionUser;
  readonly state: SessionState;
  readonly userActive: boolean;
  readonly passwordChangeRequired: boolean;
}

interface Row extends Omit<KnownSession, 'user'> {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[]; // the table's constraint
}

/** What a session is at the moment; of table `s`. */
export const SESSION_STATE = `
  CASE WHEN s.revoked_at IS NOT NULL THEN 'revoked' WHEN s.expires_at <= now() THEN 'expired' ELSE 'open' END`;
/** One look-up by two primary keys: every request with a token pays for it. */
const FIND = `
  SELECT u.id, u.email, u.name, u.roles, u.active AS "userActive",
         u.password_change_required AS "passwordChangeRequired", ${SESSION_STATE} AS state
    FROM auth_session s JOIN auth_user u ON u.id = s.user_id
   WHERE s.id = $1 AND s.user_id = $2`;
const OPEN = `
  INSERT INTO auth_session (id, user_id, expires_at, ip, user_agent)
  VALUES ($1, $2, now() + make_interval(days => $3), $4, $5)`;
const REMOVE_EXPIRED = `
  WITH ended AS (
    DELETE FROM auth_session WHERE id IN (
      SELECT id FROM auth_session WHERE user_id = $1 AND expires_at < now() FOR UPDATE SKIP LOCKED)
    RETURNING id, revoked_at)
  SELECT id FROM ended WHERE revoked_at IS NULL`;
const LIST = `
  SELECT id, created_at AS "createdAt", expires_at AS "expiresAt", ip, user_agent AS "userAgent"
    FROM auth_session WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now() ORDER BY id DESC`;
/** Of the user's open sessions, those that the condition is true of. */
const REVOKE = `
  WITH revoked AS (
    UPDATE auth_session SET revoked_at = now()
     WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now() AND `;
const REVOKED = ` RETURNING id) SELECT id FROM revoked`;

/** The sessions in the database: one for each login. */
@Injectable()
export class SessionStore {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: AppConfig,
  ) {}

  /** Opens a session of the user and resolves with its id, a UUID. It lasts `AUTH_SESSION_DAYS` at most. */
  async open(userId: string): Promise<string> {
    const id = uuidv7();
    const { ip, userAgent } = AuditContext.current() ?? {};
    const agent = userAgent?.slice(0, 500);
    await AuditContext.managerOf(this.dataSource).query(OPEN, [
      id,
      userId,
      this.config.AUTH_SESSION_DAYS,
      addressOf(ip),
      agent ?? null,
    ]);
    return id;
  }

  /** Removes the user's sessions that are past their end. Resolves with the ids of those that nobody had closed. */
  async removeExpired(userId: string): Promise<string[]> {
    const ended = await AuditContext.managerOf(this.dataSource).query<{ id: string }[]>(REMOVE_EXPIRED, [userId]);
    return ended.map(({ id }) => id);
  }

  /** The session and the user that an access token names; `undefined` when they do not belong together or are gone. */
  async find({ sessionId, userId }: AccessClaims): Promise<KnownSession | undefined> {
    const [row] = await AuditContext.managerOf(this.dataSource).query<Row[]>(FIND, [sessionId, userId]);
    if (!row) return undefined;
    const { id, email, name, roles, ...rest } = row;
    return { user: { id, email, name, roles, sessionId }, ...rest };
  }

  /** The user's open sessions, newest first. */
  async list(userId: string): Promise<Omit<SessionView, 'current'>[]> {
    return AuditContext.managerOf(this.dataSource).query<Omit<SessionView, 'current'>[]>(LIST, [userId]);
  }

  /**
   * Closes an open session of the user: from now on its tokens are refused. Resolves with whether it was open and his.
   */
  async revoke(userId: string, sessionId: string): Promise<boolean> {
    const revoked = await AuditContext.managerOf(this.dataSource).query<unknown[]>(`${REVOKE} id = $2 ${REVOKED}`, [
      userId,
      sessionId,
    ]);
    return revoked.length === 1;
  }

  /** Closes all open sessions of the user, but for `exceptSessionId`. Resolves with how many. */
  async revokeAll(userId: string, exceptSessionId?: string): Promise<number> {
    const except = exceptSessionId ?? null;
    const sql = `${REVOKE} id IS DISTINCT FROM $2::uuid ${REVOKED}`;
    const revoked = await AuditContext.managerOf(this.dataSource).query<unknown[]>(sql, [userId, except]);
    return revoked.length;
  }
}

/** An address as `inet` takes it, without its interface; `null` for anything else that a proxy may send. */
function addressOf(ip: string | undefined): string | null {
  const address = ip?.replace(/%.*$/s, '') ?? '';
  return isIP(address) === 0 ? null : address;
}
