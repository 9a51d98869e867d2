import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { MailOutbox } from '../../mail/index.js';
import { EmailTakenError, InvalidMailTokenError } from '../accounts/account.error.js';
import { noteAccount } from '../accounts/note-account.js';
import { UserStore } from '../accounts/user-store.service.js';
import { PasswordCheck } from '../passwords/password-check.service.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';

/** Gives accounts another e-mail address, once its owner showed that it is his. */
@Injectable()
export class EmailChange {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordCheck,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: MailOutbox,
  ) {}

  /**
   * Mails a token to the new address, which is normalised. The route's event is `email_change_attempted`.
   *
   * @throws WrongPasswordError (HTTP 400), EmailTakenError (HTTP 409)
   */
  async request(userId: string, email: string, password: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'user', id: userId }, details: { email } });
    await this.passwords.check(userId, password, 'wrong_password');
    if (await this.users.findByEmail(email)) throw taken();
    AuditContext.annotate({ outcome: 'attempted' });
    const token = await this.tokens.issue('email_change', userId, email);
    this.outbox.post({
      to: email,
      subject: 'Confirm your new e-mail address',
      text: `POST this token to /auth/email-change/confirm within a day.\n\n${token}`,
    });
  }

  /**
   * Sets the address, and tells the old one.
   *
   * @throws InvalidMailTokenError (HTTP 400), EmailTakenError (HTTP 409)
   */
  async confirm(token: string): Promise<void> {
    const consumed = await this.tokens.consume('email_change', token);
    const user = consumed && (await this.users.findById(consumed.userId));
    if (user) noteAccount(user);
    if (!user?.active) throw refuse('invalid_token');
    if (consumed?.expired !== false) throw refuse('expired_token');
    const { email } = consumed;
    if (!(await this.users.setEmail(user.id, email))) throw taken();
    AuditContext.annotate({ changes: { before: { email: user.email }, after: { email } } });
    await this.tokens.forget('email_change', user.id);
    this.outbox.post({
      to: user.email,
      subject: 'Your e-mail address was changed',
      text: 'Your account has another e-mail address now. If it was not you who changed it, ask an administrator for help.',
    });
  }
}

function refuse(reason: 'invalid_token' | 'expired_token'): InvalidMailTokenError {
  AuditContext.annotate({ reason });
  return new InvalidMailTokenError();
}

function taken(): EmailTakenError {
  AuditContext.annotate({ reason: 'duplicate_email' });
  return new EmailTakenError();
}
