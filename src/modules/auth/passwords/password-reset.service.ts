import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { MailOutbox } from '../../mail/index.js';
import { InvalidMailTokenError } from '../accounts/account.error.js';
import { noteAccount } from '../accounts/note-account.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import { UserStore } from '../accounts/user-store.service.js';
import { SessionRevocation } from '../sessions/session-revocation.service.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';

/** Gives a new password to those who forgot theirs and own the account's mailbox. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly tokens: OneTimeTokens,
    private readonly outbox: MailOutbox,
    private readonly revocation: SessionRevocation,
  ) {}

  /**
   * Mails a token to the address, if it is that of an active account. The caller cannot tell whether it is; the audit
   * event can: its reason then is `unknown_user` or `user_inactive`. `email` is normalised.
   */
  async request(email: string): Promise<void> {
    AuditContext.annotate({ details: { email, method: 'email_link' } });
    const user = await this.users.findByEmail(email);
    if (!user?.active) {
      AuditContext.annotate({ outcome: 'failure', reason: user ? 'user_inactive' : 'unknown_user' });
      return;
    }
    AuditContext.annotate({ resource: { type: 'user', id: user.id } });
    const token = await this.tokens.issue('password_reset', user.id, user.email);
    this.outbox.post({
      to: user.email,
      subject: 'Reset your password',
      text: `Somebody asked for a new password of your account. If it was you, POST this token with it to
/auth/password-reset/confirm within an hour; if not, there is nothing to do.

${token}`,
    });
  }

  /**
   * Sets the password, unlocks the account and closes all its sessions.
   *
   * @throws InvalidMailTokenError (HTTP 400); the reason is `invalid_token` or `expired_link`
   */
  async confirm(token: string, newPassword: string): Promise<void> {
    const consumed = await this.tokens.consume('password_reset', token);
    const user = consumed && (await this.users.findById(consumed.userId));
    if (user) noteAccount(user);
    if (!user?.active || consumed?.email !== user.email) throw refuse('invalid_token');
    if (consumed.expired) throw refuse('expired_link');
    await this.users.setPassword(user.id, await this.passwords.hash(newPassword));
    await this.revocation.revokeAll(user.id, { revokedBy: 'user', reason: 'password_reset' });
  }
}

function refuse(reason: 'invalid_token' | 'expired_link'): InvalidMailTokenError {
  AuditContext.annotate({ reason });
  return new InvalidMailTokenError();
}
