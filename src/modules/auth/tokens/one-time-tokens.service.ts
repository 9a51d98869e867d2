import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext } from '../../../audit/index.js';
import { hashSecret, makeOpaqueToken } from './opaque-token.js';

/** What a one-time token lets its bearer do, and how many seconds long. */
const ONE_TIME_TOKEN_SECONDS = {
  password_reset: 3_600,
  email_verification: 86_400,
  email_change: 86_400,
  mfa_login: 300,
} as const;
export type OneTimePurpose = keyof typeof ONE_TIME_TOKEN_SECONDS;

/** What a token that was given out is about. */
export interface OneTimeToken {
  readonly userId: string;
  /** The address that it was made for. */
  readonly email: string;
  readonly expired: boolean;
}

/** Makes room too: a token past its end by a day tells nothing more. */
const ISSUE = `
  WITH ended AS (DELETE FROM auth_one_time_token WHERE user_id = $2 AND expires_at < now() - interval '1 day')
  INSERT INTO auth_one_time_token (token_hash, user_id, purpose, email, expires_at)
  VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`;
const FIND = `
  SELECT user_id AS "userId", email, expires_at < now() AS expired
    FROM auth_one_time_token WHERE token_hash = $1 AND purpose = $2`;
const CONSUME = `
  WITH consumed AS (DELETE FROM auth_one_time_token WHERE token_hash = $1 AND purpose = $2 RETURNING *)
  SELECT user_id AS "userId", email, expires_at < now() AS expired FROM consumed`;
const FORGET = 'DELETE FROM auth_one_time_token WHERE user_id = $1 AND purpose = $2';

/** Tokens that work once, for one purpose, for a while. Only their hashes are stored. */
@Injectable()
export class OneTimeTokens {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** A fresh token for `userId`; earlier ones stay good. */
  async issue(purpose: OneTimePurpose, userId: string, email: string): Promise<string> {
    const token = makeOpaqueToken('nal_ot');
    const seconds = ONE_TIME_TOKEN_SECONDS[purpose];
    await AuditContext.managerOf(this.dataSource).query(ISSUE, [hashSecret(token), userId, purpose, email, seconds]);
    return token;
  }

  /** What the token is about, leaving it good; `undefined` for one that we do not know. */
  async find(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | undefined> {
    const [found] = await AuditContext.managerOf(this.dataSource).query<OneTimeToken[]>(FIND, [
      hashSecret(token),
      purpose,
    ]);
    return found;
  }

  /** Uses the token up: of several callers at once, one gets it. An expired token is also used up; the result shows that it expired. */
  async consume(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | undefined> {
    const [consumed] = await AuditContext.managerOf(this.dataSource).query<OneTimeToken[]>(CONSUME, [
      hashSecret(token),
      purpose,
    ]);
    return consumed;
  }

  /** Makes all of the user's tokens for `purpose` useless. */
  async forget(purpose: OneTimePurpose, userId: string): Promise<void> {
    await AuditContext.managerOf(this.dataSource).query(FORGET, [userId, purpose]);
  }
}
