import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, AuditContext } from '../../../audit/index.js';
import type { SessionUser } from '../access/authenticated-user.js';
import { noteAccount, type UserEntity } from '../accounts/user.entity.js';
import type { SessionView } from '../http/auth.dto.js';
import { AccessTokens, SESSION_SECONDS, type AccessClaims } from './access-tokens.service.js';

interface KnownSession {
  readonly user: SessionUser;
  readonly isOpen: boolean;
  readonly userActive: boolean;
}

interface RevocationCause {
  readonly revokedBy: 'user' | 'admin' | 'system';
  readonly reason: 'account_deactivation';
  readonly exceptSessionId?: string;
}

const FIND = `
  SELECT json_build_object('id', u.id, 'email', u.email, 'name', u.name, 'roles', u.roles, 'sessionId', s.id) AS user,
         u.active AS "userActive", 
         s.revoked_at IS NULL AS "isOpen"
    FROM auth_session s JOIN auth_user u ON u.id = s.user_id
   WHERE s.id = $1 AND s.user_id = $2`;
const OPEN = `
  WITH ended AS (DELETE FROM auth_session WHERE user_id = $2 AND created_at < now() - make_interval(secs => $3))
  INSERT INTO auth_session (id, user_id, ip, user_agent) VALUES ($1, $2, $4, $5)`;
const LIST = `
  SELECT id, created_at AS "createdAt", ip, user_agent AS "userAgent"
    FROM auth_session WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id DESC`;
/** Closes the user's open session $2. Without $2, closes all open sessions of the user except $3. */
const REVOKE = `
  WITH revoked AS (
    UPDATE auth_session SET revoked_at = now()
     WHERE user_id = $1 AND revoked_at IS NULL
       AND id = coalesce($2::uuid, id) AND id IS DISTINCT FROM $3::uuid
    RETURNING id)
  SELECT id FROM revoked`;

/** Opens and closes sessions. Each log-in opens one session. */
@Injectable()
export class Sessions {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditAggregator,
  ) {}

  /** Opens a session for the user, and deletes the user's expired sessions. The user becomes the actor of the request's events. Resolves with the access token. */
  async open(user: Readonly<Pick<UserEntity, 'id' | 'name'>>): Promise<string> {
    const { id: userId } = user;
    const sessionId = uuidv7();
    const { ip, userAgent } = AuditContext.current() ?? {};
    const from = [addressOf(ip), userAgent?.slice(0, 500) ?? null];
    const values = [sessionId, userId, SESSION_SECONDS, ...from];
    await this.dataSource.query(OPEN, values);
    noteAccount(user, sessionId);
    return this.accessTokens.issue({ userId, sessionId });
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
