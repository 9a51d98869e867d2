import { Injectable } from '@nestjs/common';
import { MailOutbox } from '../../mail/index.js';
import { invalidMailToken } from '../account.error.js';
import { noteAccount } from '../accounts/note-account.js';
import type { UserEntity } from '../accounts/user.entity.js';
import { UserStore } from '../accounts/user-store.service.js';
import { OneTimeTokens, type OneTimePurpose } from './one-time-tokens.service.js';

/** What a mail with a token says above it. */
export interface TokenMail {
  readonly subject: string;
  readonly text: string;
}

/** Mails tokens to those who are to show that a mailbox is theirs, and takes them back. */
@Injectable()
export class MailTokens {
  constructor(
    private readonly users: UserStore,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: MailOutbox,
  ) {}

  /** Mails a fresh token of the account to `email`. */
  async send(purpose: OneTimePurpose, userId: string, email: string, { subject, text }: TokenMail): Promise<void> {
    const token = await this.tokens.issue(purpose, userId, email);
    this.outbox.post({ to: email, subject, text: `${text}\n\n${token}` });
  }

  /**
   * Uses a token up. Resolves with its active account, whose the request's events are then, and the address that it was sent to.
   *
   * @param isFor whether the token still counts for the account
   * @throws RefusedError (400); the reason is `invalid_token`, or `expiredReason`
   */
  async take(
    purpose: OneTimePurpose,
    token: string,
    expiredReason: string,
    isFor: (user: UserEntity, email: string) => boolean,
  ): Promise<{ readonly user: UserEntity; readonly email: string }> {
    const consumed = await this.tokens.consume(purpose, token);
    const user = consumed && (await this.users.findById(consumed.userId));
    if (user) noteAccount(user);
    if (!user?.active || !consumed || !isFor(user, consumed.email)) throw invalidMailToken('invalid_token');
    if (consumed.expired) throw invalidMailToken(expiredReason);
    return { user, email: consumed.email };
  }
}
