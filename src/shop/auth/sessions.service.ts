import { createHash, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, AuditContext } from '../../audit/index.js';
import { noteAccount, type SessionUser, type UserEntity } from './user.entity.js';

/** How long a session and its access token are valid. A log-out ends them earlier. */
export const SESSION_SECONDS = 28_800;

interface KnownSession {
  readonly user: SessionUser;
  readonly state: 'open' | 'revoked' | 'expired';
  readonly userActive: boolean;
}

const FIND = `
  SELECT json_build_object('id', u.id, 'email', u.email, 'name', u.name, 'roles', u.roles, 'sessionId', s.id) AS user,
         u.active AS "userActive",
         CASE WHEN s.revoked_at IS NOT NULL THEN 'revoked' WHEN s.expires_at <= now() THEN 'expired' ELSE 'open' END AS state
    FROM auth_session s JOIN auth_user u ON u.id = s.user_id WHERE s.token_hash = $1`;
const OPEN = `
  WITH ended AS (DELETE FROM auth_session WHERE user_id = $2 AND expires_at < now() - interval '1 day')
  INSERT INTO auth_session (id, user_id, token_hash, expires_at, ip, user_agent)
  VALUES ($1, $2, $3, now() + make_interval(secs => $4), $5, $6)`;
/** Closes the user's open session $2; without $2, all open sessions of the user. */
const CLOSE = `
  WITH closed AS (
    UPDATE auth_session SET revoked_at = now()
     WHERE user_id = $1 AND revoked_at IS NULL AND id = coalesce($2::uuid, id) RETURNING id)
  SELECT id FROM closed`;

/** Opens and closes sessions. Each log-in opens one session. */
@Injectable()
export class Sessions {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditAggregator,
  ) {}

  /** Opens a session, and deletes the user's ended ones. The user becomes the actor of the request's events. Resolves with the access token. */
  async open(user: Readonly<Pick<UserEntity, 'id' | 'name'>>): Promise<string> {
    const sessionId = uuidv7();
    const token = makeSecret('nal_at');
    const { ip, userAgent } = AuditContext.current() ?? {};
    const values = [sessionId, user.id, hashSecret(token), SESSION_SECONDS, toInet(ip), userAgent?.slice(0, 500)];
    await this.dataSource.query(OPEN, values);
    noteAccount(user, sessionId);
    return token;
  }

  /** Finds the session and the user of an access token. Resolves with `undefined` for an unknown token; for a scraper's, also without the database. */
  async find(token: string): Promise<KnownSession | undefined> {
    if (!token.startsWith('nal_at_')) return undefined;
    return (await this.dataSource.query<KnownSession[]>(FIND, [hashSecret(token)]))[0];
  }

  /** Closes a session at its user's log-out; the session's token becomes invalid. */
  async close({ id, sessionId }: SessionUser): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { logoutMethod: 'explicit' } });
    await this.dataSource.query(CLOSE, [id, sessionId]);
  }

  /** Closes the user's open sessions. Records `all_sessions_revoked` if at least one session was open. */
  async closeAll(userId: string): Promise<void> {
    const { length: sessionsRevokedCount } = await this.dataSource.query<unknown[]>(CLOSE, [userId, null]);
    if (sessionsRevokedCount === 0) return;
    await this.audit.record('all_sessions_revoked', {
      resource: { type: 'user', id: userId },
      reason: 'account_deactivation',
      details: { revokedBy: 'admin', sessionsRevokedCount },
    });
  }
}

/** Makes a token of 256 random bits. A scanner for leaked secrets recognises the prefix. Store only its {@link hashSecret}. */
export function makeSecret(prefix: 'nal_at' | 'nal_ak'): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** Hashes a token with SHA-256: enough for random secrets, which need no salt, but too fast for passwords. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The type `inet` does not accept an address with the name of a network interface. A proxy may send any text as the address. */
function toInet(ip: string | undefined): string | null {
  const address = ip?.replace(/%.*/s, '') ?? '';
  return isIP(address) === 0 ? null : address;
}
