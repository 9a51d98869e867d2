import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { MailOutbox } from '../../mail/index.js';
import { AlreadyDoneError, InvalidMailTokenError } from '../accounts/account.error.js';
import { noteAccount } from '../accounts/note-account.js';
import { UserStore } from '../accounts/user-store.service.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';

/** Finds out whether an account's e-mail address is its owner's. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly users: UserStore,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: MailOutbox,
  ) {}

  /** Mails a token to the address. */
  async send({ id, email }: { readonly id: string; readonly email: string }): Promise<void> {
    const token = await this.tokens.issue('email_verification', id, email);
    this.outbox.post({
      to: email,
      subject: 'Confirm your e-mail address',
      text: `POST this token to /auth/email-verification/confirm within a day.\n\n${token}`,
    });
  }

  /**
   * Mails another token. The route's event is `user_email_verification_attempted`.
   *
   * @throws AlreadyDoneError (HTTP 409)
   */
  async sendAgain(user: { readonly id: string; readonly email: string }): Promise<void> {
    AuditContext.annotate({ details: { email: user.email } });
    if ((await this.users.findById(user.id))?.emailVerifiedAt) throw alreadyVerified();
    AuditContext.annotate({ outcome: 'attempted' });
    await this.send(user);
  }

  /**
   * Notes that the address is its owner's.
   *
   * @throws InvalidMailTokenError (HTTP 400), AlreadyDoneError (HTTP 409)
   */
  async confirm(token: string): Promise<void> {
    const consumed = await this.tokens.consume('email_verification', token);
    const user = consumed && (await this.users.findById(consumed.userId));
    if (user) noteAccount(user);
    if (!user?.active || consumed?.email !== user.email) throw refuse('invalid_token');
    if (consumed.expired) throw refuse('expired_token');
    if (user.emailVerifiedAt) throw alreadyVerified();
    await this.users.setEmailVerified(user.id);
  }
}

function refuse(reason: 'invalid_token' | 'expired_token'): InvalidMailTokenError {
  AuditContext.annotate({ reason });
  return new InvalidMailTokenError();
}

function alreadyVerified(): AlreadyDoneError {
  AuditContext.annotate({ reason: 'already_verified' });
  return new AlreadyDoneError('the e-mail address is confirmed');
}
