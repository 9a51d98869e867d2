import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { verify } from 'otplib';
import { DataSource } from 'typeorm';
import { hashSecret } from '../tokens/opaque-token.js';

interface TotpSetting {
  /** The secret in base32. The secret itself is stored, not its hash, because codes can only be checked with the secret. */
  readonly secret: string;
  /** Whether the owner confirmed that the authenticator has the secret. */
  readonly confirmed: boolean;
  /** The time step (30 s) of the last accepted code. A code of the same or an earlier step is refused. */
  readonly lastTimeStep: number;
}

const BEGIN = `
  INSERT INTO auth_totp (user_id, secret) VALUES ($1, $2)
  ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = now(), last_time_step = 0
    WHERE auth_totp.confirmed_at IS NULL
  RETURNING user_id`;
const FIND = `
  SELECT secret, confirmed_at IS NOT NULL AS confirmed, last_time_step::int AS "lastTimeStep"
    FROM auth_totp WHERE user_id = $1`;
const USE_STEP = `
  WITH used AS (
    UPDATE auth_totp SET last_time_step = $2 WHERE user_id = $1 AND last_time_step < $2 RETURNING user_id)
  SELECT user_id FROM used`;
const CONFIRM = `
  WITH confirmed AS (UPDATE auth_totp SET confirmed_at = now() WHERE user_id = $1 RETURNING user_id)
  INSERT INTO auth_recovery_code (user_id, code_hash) SELECT user_id, unnest($2::bytea[]) FROM confirmed`;
const USE_CODE = `
  WITH used AS (DELETE FROM auth_recovery_code WHERE user_id = $1 AND code_hash = $2 RETURNING user_id)
  SELECT user_id FROM used`;

const TOTP_CODE = /^\d{6}$/;
/** The authenticator's clock may differ by one time step. */
const TOLERANCE_SECONDS = 30;

/** Stores authenticators and recovery codes in the database. Checks both kinds of codes, and accepts each code once. */
@Injectable()
export class SecondFactor {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Consumes a code, and returns its kind. Returns `undefined` if the code is wrong or the account has no second factor. */
  async accepts(userId: string, code: string): Promise<'totp' | 'recovery_code' | undefined> {
    const setting = await this.find(userId);
    if (!setting?.confirmed) return undefined;
    if (TOTP_CODE.test(code)) return (await this.acceptsTotp(userId, setting, code)) ? 'totp' : undefined;
    const used = await this.dataSource.query<unknown[]>(USE_CODE, [userId, hashRecoveryCode(code)]);
    return used.length === 1 ? 'recovery_code' : undefined;
  }

  /** Whether the code is the authenticator's current code and was not used before. Consumes the code. */
  async acceptsTotp(userId: string, { secret, lastTimeStep }: TotpSetting, code: string): Promise<boolean> {
    if (!TOTP_CODE.test(code)) return false;
    const result = await verify({ secret, token: code, epochTolerance: TOLERANCE_SECONDS });
    if (!result.valid || !('timeStep' in result) || result.timeStep <= lastTimeStep) return false;
    const used = await this.dataSource.query<unknown[]>(USE_STEP, [userId, result.timeStep]);
    return used.length === 1;
  }

  /** Stores an unconfirmed secret, which replaces an earlier unconfirmed secret. Resolves with `false` if a secret is already confirmed. */
  async begin(userId: string, secret: string): Promise<boolean> {
    const begun = await this.dataSource.query<unknown[]>(BEGIN, [userId, secret]);
    return begun.length === 1;
  }

  /** Finds the account's authenticator, even if it is not confirmed. */
  async find(userId: string): Promise<TotpSetting | undefined> {
    const [found] = await this.dataSource.query<TotpSetting[]>(FIND, [userId]);
    return found;
  }

  /**
   * Confirms the secret, so that every log-in needs a code. Resolves with ten recovery codes of 79 random bits each, as
   * `xxxx-xxxx-xxxx-xxxx`.
   */
  async confirm(userId: string): Promise<string[]> {
    const codes = Array.from({ length: CODES }, () => Array.from({ length: GROUPS }, makeGroup).join('-'));
    await this.dataSource.query(CONFIRM, [userId, codes.map(hashRecoveryCode)]);
    return codes;
  }

  /** Deletes the account's authenticator and recovery codes. */
  async remove(userId: string): Promise<void> {
    await this.dataSource.query('DELETE FROM auth_totp WHERE user_id = $1', [userId]);
  }
}

const CODES = 10;
/** Letters and digits, without characters that look alike, such as `0` and `o`. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 4;

function hashRecoveryCode(code: string): Buffer {
  return hashSecret(code.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

function makeGroup(): string {
  return Array.from({ length: GROUP_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
