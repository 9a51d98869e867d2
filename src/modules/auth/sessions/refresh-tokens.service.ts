import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { hashSecret, makeOpaqueToken } from '../tokens/opaque-token.js';
import { SESSION_STATE, type SessionState } from './session-store.service.js';

/** A refresh token that was given out: whose it is, and what it is worth by now. */
export interface KnownRefreshToken {
  readonly userId: string;
  readonly userName: string;
  readonly userActive: boolean;
  readonly sessionId: string;
  readonly sessionState: SessionState;
  readonly used: boolean;
}

const ISSUE = 'INSERT INTO auth_refresh_token (token_hash, session_id) VALUES ($1, $2)';
const FIND = `
  SELECT u.id AS "userId", u.name AS "userName", u.active AS "userActive", s.id AS "sessionId",
         t.used_at IS NOT NULL AS used, ${SESSION_STATE} AS "sessionState"
    FROM auth_refresh_token t JOIN auth_session s ON s.id = t.session_id JOIN auth_user u ON u.id = s.user_id
   WHERE t.token_hash = $1`;
/** One statement: the old token is used up and the new one is there, or neither. */
const ROTATE = `
  WITH used AS (
    UPDATE auth_refresh_token SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL RETURNING session_id)
  INSERT INTO auth_refresh_token (token_hash, session_id) SELECT $2, session_id FROM used RETURNING session_id`;

/**
 * Refresh tokens: opaque, stored as hashes, each good once. A session's tokens are a family: they end with it, and used
 * ones are kept as long, so that one that comes again is known for what it is: stolen.
 */
@Injectable()
export class RefreshTokens {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The first token of a session. */
  async issue(sessionId: string): Promise<string> {
    const token = makeOpaqueToken('nal_rt');
    await this.dataSource.query(ISSUE, [hashSecret(token), sessionId]);
    return token;
  }

  /** What we know of a token; `undefined` when we did not make it. */
  async find(token: string): Promise<KnownRefreshToken | undefined> {
    const [found] = await this.dataSource.query<KnownRefreshToken[]>(FIND, [hashSecret(token)]);
    return found;
  }

  /** Uses the token up for the next one of its session. Of callers at once, one gets it; the others `undefined`. */
  async rotate(token: string): Promise<string | undefined> {
    const next = makeOpaqueToken('nal_rt');
    const issued = await this.dataSource.query<unknown[]>(ROTATE, [hashSecret(token), hashSecret(next)]);
    return issued.length === 1 ? next : undefined;
  }
}
