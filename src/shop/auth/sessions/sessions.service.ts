import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, AuditContext } from '../../../audit/index.js';
import { AppConfig } from '../../config/index.js';
import type { SessionUser } from '../access/authenticated-user.js';
import { noteAccount, type UserEntity } from '../accounts/user.entity.js';
import type { SessionTokensView, SessionView } from '../http/auth.dto.js';
import { hashSecret, makeOpaqueToken } from '../tokens/opaque-token.js';
import { AccessTokens, type AccessClaims } from './access-tokens.service.js';

export type SessionState = 'open' | 'revoked' | 'expired';

interface KnownSession {
  readonly user: SessionUser;
  readonly state: SessionState;
  readonly userActive: boolean;
}

interface RevocationCause {
  readonly revokedBy: 'user' | 'admin' | 'system';
  readonly reason: 'account_deactivation';
  readonly exceptSessionId?: string;
}

/** SQL for the current state of a session. A query that uses this SQL must give the table of sessions the alias `s`. */
export const SESSION_STATE = `
  CASE WHEN s.revoked_at IS NOT NULL THEN 'revoked' WHEN s.expires_at <= now() THEN 'expired' ELSE 'open' END`;
const FIND = `
  SELECT json_build_object('id', u.id, 'email', u.email, 'name', u.name, 'roles', u.roles, 'sessionId', s.id) AS user,
         u.active AS "userActive", ${SESSION_STATE} AS state
    FROM auth_session s JOIN auth_user u ON u.id = s.user_id
   WHERE s.id = $1 AND s.user_id = $2`;
const OPEN = `
  WITH opened AS (
    INSERT INTO auth_session (id, user_id, expires_at, ip, user_agent)
    SELECT $1, id, now() + make_interval(days => $3), $4, $5 FROM auth_user
     WHERE id = $2 FOR SHARE RETURNING id)
  INSERT INTO auth_refresh_token (token_hash, session_id) SELECT $6, id FROM opened RETURNING session_id`;
const REMOVE_EXPIRED = `
  WITH ended AS (
    DELETE FROM auth_session WHERE id IN (
      SELECT id FROM auth_session WHERE user_id = $1 AND expires_at < now() FOR UPDATE SKIP LOCKED)
    RETURNING id, revoked_at)
  SELECT id FROM ended WHERE revoked_at IS NULL`;
const LIST = `
  SELECT id, created_at AS "createdAt", expires_at AS "expiresAt", ip, user_agent AS "userAgent"
    FROM auth_session WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now() ORDER BY id DESC`;
/** Closes the user's open session $2. Without $2, closes all open sessions of the user except $3. */
const REVOKE = `
  WITH revoked AS (
    UPDATE auth_session SET revoked_at = now()
     WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
       AND id = coalesce($2::uuid, id) AND id IS DISTINCT FROM $3::uuid
    RETURNING id)
  SELECT id FROM revoked`;

/** Opens and closes sessions. Each log-in opens one session. */
@Injectable()
export class Sessions {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: AppConfig,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditAggregator,
  ) {}

  /** Opens a session for the user, and deletes the user's expired sessions. The user becomes the actor of the request's events. */
  async open(user: Readonly<Pick<UserEntity, 'id' | 'name'>>): Promise<SessionTokensView & { sessionId: string }> {
    const { id: userId } = user;
    for (const { id } of await this.dataSource.query<{ id: string }[]>(REMOVE_EXPIRED, [userId])) {
      const resource = { type: 'session', id };
      await this.audit.record('session_expired', { actor: { type: 'system' }, resource, details: { userId } });
    }
    const sessionId = uuidv7();
    const refreshToken = makeOpaqueToken('nal_rt');
    const { ip, userAgent } = AuditContext.current() ?? {};
    const from = [addressOf(ip), userAgent?.slice(0, 500) ?? null];
    const values = [sessionId, userId, this.config.AUTH_SESSION_DAYS, ...from, hashSecret(refreshToken)];
    await this.dataSource.query(OPEN, values);
    noteAccount(user, sessionId);
    return { sessionId, accessToken: await this.accessTokens.issue({ userId, sessionId }), refreshToken };
  }

  /** Finds the session and the user of an access token. Returns `undefined` if the session does not exist or belongs to another user. */
  async find({ sessionId, userId }: AccessClaims): Promise<KnownSession | undefined> {
    const [found] = await this.dataSource.query<KnownSession[]>(FIND, [sessionId, userId]);
    return found;
  }

  /** Lists the user's open sessions, newest first. */
  list(userId: string): Promise<Omit<SessionView, 'current'>[]> {
    return this.dataSource.query(LIST, [userId]);
  }

  /**
   * Closes open sessions of the user; the sessions' tokens become invalid. Resolves with the number of closed sessions.
   *
   * @param sessionId the session to close; if absent, all sessions of the user
   * @param exceptSessionId the session to leave open
   */
  async revoke(userId: string, sessionId?: string, exceptSessionId?: string): Promise<number> {
    return (await this.dataSource.query<unknown[]>(REVOKE, [userId, sessionId, exceptSessionId])).length;
  }

  /** Closes the user's open sessions. Records `all_sessions_revoked` if at least one session was open. */
  async revokeAll(userId: string, { exceptSessionId, reason, revokedBy }: RevocationCause): Promise<void> {
    const sessionsRevokedCount = await this.revoke(userId, undefined, exceptSessionId);
    if (sessionsRevokedCount === 0) return;
    await this.audit.record('all_sessions_revoked', {
      resource: { type: 'user', id: userId },
      reason,
      details: { revokedBy, exceptSessionId, sessionsRevokedCount },
    });
  }
}

/** The type `inet` does not accept an address with the name of a network interface. A proxy may send any text as the address. */
function addressOf(ip: string | undefined): string | null {
  const address = ip?.replace(/%.*/s, '') ?? '';
  return isIP(address) === 0 ? null : address;
}
