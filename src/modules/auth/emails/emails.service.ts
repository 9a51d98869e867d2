import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { MailOutbox } from '../../mail/index.js';
import { alreadyDone, emailTaken } from '../account.error.js';
import { UserStore } from '../accounts/user-store.service.js';
import { PasswordCheck } from '../passwords/password-check.service.js';
import { MailTokens } from '../tokens/mail-tokens.service.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';

/** Whose address is confirmed. */
interface Owner {
  readonly id: string;
  readonly email: string;
}

/** Confirms e-mail addresses, and gives accounts another one, once its owner showed that it is his. */
@Injectable()
export class Emails {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordCheck,
    private readonly mails: MailTokens,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: MailOutbox,
  ) {}

  /** Mails a token to the address. */
  sendVerification({ id, email }: Owner): Promise<void> {
    const text = 'POST this token to /auth/email-verification/confirm within a day.';
    return this.mails.send('email_verification', id, email, { subject: 'Confirm your e-mail address', text });
  }

  /** Mails another token. The route's event is `user_email_verification_attempted`. @throws RefusedError (409) */
  async sendVerificationAgain(user: Owner): Promise<void> {
    AuditContext.annotate({ details: { email: user.email } });
    if ((await this.users.findById(user.id))?.emailVerifiedAt) throw alreadyVerified();
    AuditContext.annotate({ outcome: 'attempted' });
    await this.sendVerification(user);
  }

  /** Notes that the address is its owner's. @throws RefusedError (400, 409) */
  async confirmVerification(token: string): Promise<void> {
    const isFor = (owner: Owner, email: string): boolean => owner.email === email;
    const { user } = await this.mails.take('email_verification', token, 'expired_token', isFor);
    if (user.emailVerifiedAt) throw alreadyVerified();
    await this.users.setEmailVerified(user.id);
  }

  /**
   * Mails a token to the new address, which is normalised. The route's event is `email_change_attempted`.
   *
   * @throws RefusedError (400, 409)
   */
  async requestChange(userId: string, email: string, password: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'user', id: userId }, details: { email } });
    await this.passwords.check(userId, password, 'wrong_password');
    if (await this.users.findByEmail(email)) throw emailTaken();
    AuditContext.annotate({ outcome: 'attempted' });
    const text = 'POST this token to /auth/email-change/confirm within a day.';
    await this.mails.send('email_change', userId, email, { subject: 'Confirm your new e-mail address', text });
  }

  /** Sets the address, and tells the old one. @throws RefusedError (400, 409) */
  async confirmChange(token: string): Promise<void> {
    const { user, email } = await this.mails.take('email_change', token, 'expired_token', () => true);
    if (!(await this.users.setEmail(user.id, email))) throw emailTaken();
    AuditContext.annotate({ changes: { before: { email: user.email }, after: { email } } });
    await this.tokens.forget('email_change', user.id);
    this.outbox.post({
      to: user.email,
      subject: 'Your e-mail address was changed',
      text: 'Your account has another e-mail address now. If it was not you who changed it, ask an administrator for help.',
    });
  }
}

function alreadyVerified(): Error {
  return alreadyDone('already_verified', 'the e-mail address is confirmed');
}
