import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { isRole } from '../access/roles.js';
import type { AccessClaims } from './access-tokens.service.js';

/** A session that exists, with its user as he is now. */
export interface KnownSession {
  readonly user: AuthenticatedUser;
  /** Whether nobody closed it. */
  readonly open: boolean;
  readonly userActive: boolean;
}

interface Row extends Omit<KnownSession, 'user'> {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** One look-up by two primary keys: every request with a token pays for it. */
const FIND = `
  SELECT u.id, u.email, u.name, u.roles, u.active AS "userActive", s.revoked_at IS NULL AS open
    FROM auth_session s JOIN auth_user u ON u.id = s.user_id
   WHERE s.id = $1 AND s.user_id = $2`;
/** Makes room too: an access token never outlives its session, so a session past its end tells nothing more. */
const OPEN = `
  WITH ended AS (
    DELETE FROM auth_session WHERE id IN (
      SELECT id FROM auth_session WHERE user_id = $2 AND expires_at < now() FOR UPDATE SKIP LOCKED))
  INSERT INTO auth_session (id, user_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))`;
const REVOKE = `UPDATE auth_session SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL`;

/** The sessions in the database: one for each login. */
@Injectable()
export class SessionStore {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Opens a session of the user and resolves with its id, a UUID. `lifetimeSeconds` is that of its access token. */
  async open(userId: string, lifetimeSeconds: number): Promise<string> {
    const id = uuidv7();
    await this.dataSource.query(OPEN, [id, userId, lifetimeSeconds]);
    return id;
  }

  /** The session and the user that an access token names; `undefined` when they do not belong together or are gone. */
  async find({ sessionId, userId }: AccessClaims): Promise<KnownSession | undefined> {
    const [row] = await this.dataSource.query<Row[]>(FIND, [sessionId, userId]);
    if (!row) return undefined;
    const { id, email, name, roles, open, userActive } = row;
    return { user: { id, email, name, roles: roles.filter(isRole), sessionId }, open, userActive };
  }

  /** Closes a session: from now on its access token is refused. Closing it again changes nothing. */
  async revoke(sessionId: string): Promise<void> {
    await this.dataSource.query(REVOKE, [sessionId]);
  }
}
