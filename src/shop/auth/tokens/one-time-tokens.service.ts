import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { RefusedError } from '../../http-input/refused.error.js';
import { MailTransport } from '../../mail/index.js';
import { noteAccount, type UserEntity } from '../accounts/user.entity.js';
import { UserStore } from '../accounts/user-store.service.js';
import { hashSecret, makeOpaqueToken } from './opaque-token.js';

const ONE_TIME_TOKEN_SECONDS = {
  password_reset: 3_600,
  email_verification: 86_400,
  email_change: 86_400,
} as const;
const LATER_MS = [100, 1_000] as const;
type OneTimePurpose = keyof typeof ONE_TIME_TOKEN_SECONDS;

type TokenHolder = Readonly<Pick<UserEntity, 'id' | 'email' | 'passwordHash'>>;

interface OneTimeToken {
  readonly userId: string;
  /** The e-mail address for which the token was issued. */
  readonly email: string;
  readonly expired: boolean;
}

const ISSUE = `
  WITH ended AS (DELETE FROM auth_one_time_token WHERE user_id = $2 AND expires_at < now() - interval '1 day')
  INSERT INTO auth_one_time_token (token_hash, user_id, purpose, email, expires_at)
  SELECT $1, id, $3, $4, now() + make_interval(secs => $5) FROM auth_user WHERE id = $2 AND password_hash = $6 FOR SHARE`;
const CONSUME = `
  WITH consumed AS (DELETE FROM auth_one_time_token WHERE token_hash = $1 AND purpose = $2 RETURNING *)
  SELECT user_id AS "userId", email, expires_at < now() AS expired FROM consumed`;

/** Manages tokens that are valid once, for one purpose, for a limited time. The database stores only the hashes of the tokens. */
@Injectable()
export class OneTimeTokens {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly users: UserStore,
    private readonly mails: MailTransport,
  ) {}

  /**
   * Issues a new token for the account; tokens that were issued earlier stay valid. If the password is no longer the one in `holder`, the token is
   * never valid: a new password deletes the tokens that exist when it is set.
   */
  async issue(purpose: OneTimePurpose, holder: TokenHolder, email = holder.email): Promise<string> {
    const token = makeOpaqueToken('nal_ot');
    const seconds = ONE_TIME_TOKEN_SECONDS[purpose];
    const { id, passwordHash } = holder;
    await this.dataSource.query(ISSUE, [hashSecret(token), id, purpose, email, seconds, passwordHash]);
    return token;
  }

  /**
   * Consumes the token: only one of several simultaneous callers gets it. An expired token is consumed as well; the result then states that the
   * token has expired.
   */
  async consume(purpose: OneTimePurpose, token: string): Promise<OneTimeToken | undefined> {
    const [consumed] = await this.dataSource.query<OneTimeToken[]>(CONSUME, [hashSecret(token), purpose]);
    return consumed;
  }

  /** Mails a new token of the account to `email`, with instructions. */
  async mail(
    purpose: OneTimePurpose,
    holder: TokenHolder,
    subject: string,
    text: string,
    email?: string,
  ): Promise<void> {
    const token = await this.issue(purpose, holder, email);
    this.mails.post({ to: email ?? holder.email, subject, text: `${text}\n\n${token}` });
  }

  /** Issues and mails a new token after the response, at a random moment: the time of no response reveals that the account exists. */
  mailLater(purpose: OneTimePurpose, holder: TokenHolder, subject: string, text: string): void {
    const token = delay(randomInt(...LATER_MS)).then(() => this.issue(purpose, holder));
    this.mails.post({ to: holder.email, subject, text: token.then((issued) => `${text}\n\n${issued}`) });
  }

  /** Mails a token that confirms the account's e-mail address. */
  mailVerification(holder: TokenHolder): Promise<void> {
    const text = 'POST this token to /auth/email-verification/confirm within a day.';
    return this.mail('email_verification', holder, 'Confirm your e-mail address', text);
  }

  /**
   * Consumes a token that was mailed. Resolves with the token's active account and with the address that received the token. The account becomes
   * the actor and the resource of the request's events.
   *
   * @throws RefusedError (400); the event's reason is `invalid_token`, or `expiredReason` if the token has expired
   */
  async take(
    purpose: OneTimePurpose,
    token: string,
    expiredReason: string,
  ): Promise<{ readonly user: UserEntity; readonly email: string }> {
    const { userId, email = '', expired } = (await this.consume(purpose, token)) ?? {};
    const user = userId === undefined ? null : await this.users.findById(userId);
    if (user) noteAccount(user);
    const isGood = user?.active === true && (purpose === 'email_change' || user.email === email);
    if (isGood && expired === false) return { user, email };
    const message = 'Cannot continue: the token is wrong, used or expired. Request another mail.';
    throw new RefusedError(400, isGood ? expiredReason : 'invalid_token', message);
  }
}
