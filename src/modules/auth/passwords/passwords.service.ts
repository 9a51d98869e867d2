import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { RefusedError } from '../../../http-input/refused.error.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import { UserStore } from '../accounts/user-store.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { MailTokens } from '../tokens/mail-tokens.service.js';
import { PasswordCheck } from './password-check.service.js';

const RESET_MAIL = {
  subject: 'Reset your password',
  text: `Somebody asked for a new password of your account. If it was you, POST this token with it to
/auth/password-reset/confirm within an hour; if not, there is nothing to do.`,
};

/** Changes passwords: for those who know theirs, and for those who forgot it and own the account's mailbox. */
@Injectable()
export class Passwords {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly current: PasswordCheck,
    private readonly mails: MailTokens,
    private readonly sessions: Sessions,
  ) {}

  /** Changes the password and closes the user's other sessions. @throws RefusedError (400) */
  async change(userId: string, sessionId: string, currentPassword: string, newPassword: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'user', id: userId }, details: { initiatedBy: 'user' } });
    const user = await this.current.check(userId, currentPassword, 'wrong_current_password');
    if (await this.passwords.matches(user.passwordHash, newPassword)) {
      const message = 'Cannot change the password: the new one is the current one. Choose another.';
      throw new RefusedError(400, 'weak_new_password', message);
    }
    const forced = user.passwordChangeRequired;
    AuditContext.annotate({ details: { forced, method: forced ? 'forced_reset' : 'self_service' } });
    await this.users.setPassword(userId, await this.passwords.hash(newPassword));
    const cause = { revokedBy: 'user', reason: 'password_change', exceptSessionId: sessionId } as const;
    await this.sessions.revokeAll(userId, cause);
  }

  /**
   * Mails a token to the address, if it is that of an active account. The caller cannot tell whether it is; the audit
   * event can: its reason then is `unknown_user` or `user_inactive`. `email` is normalised.
   */
  async requestReset(email: string): Promise<void> {
    AuditContext.annotate({ details: { email, method: 'email_link' } });
    const user = await this.users.findByEmail(email);
    if (!user?.active) {
      AuditContext.annotate({ outcome: 'failure', reason: user ? 'user_inactive' : 'unknown_user' });
      return;
    }
    AuditContext.annotate({ resource: { type: 'user', id: user.id } });
    await this.mails.send('password_reset', user.id, user.email, RESET_MAIL);
  }

  /** Sets the password, unlocks the account and closes all its sessions. @throws RefusedError (400) */
  async confirmReset(token: string, newPassword: string): Promise<void> {
    const isFor = (owner: { readonly email: string }, email: string): boolean => owner.email === email;
    const { user } = await this.mails.take('password_reset', token, 'expired_link', isFor);
    await this.users.setPassword(user.id, await this.passwords.hash(newPassword));
    await this.sessions.revokeAll(user.id, { revokedBy: 'user', reason: 'password_reset' });
  }
}
