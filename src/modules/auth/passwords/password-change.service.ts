import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { SamePasswordError } from '../accounts/account.error.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import { UserStore } from '../accounts/user-store.service.js';
import { SessionRevocation } from '../sessions/session-revocation.service.js';
import { PasswordCheck } from './password-check.service.js';

/** Changes passwords for those who know theirs. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly current: PasswordCheck,
    private readonly revocation: SessionRevocation,
  ) {}

  /**
   * Changes the password and closes the user's other sessions.
   *
   * @throws WrongPasswordError, SamePasswordError (HTTP 400)
   */
  async change(userId: string, sessionId: string, currentPassword: string, newPassword: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'user', id: userId }, details: { initiatedBy: 'user' } });
    const user = await this.current.check(userId, currentPassword, 'wrong_current_password');
    if (await this.passwords.matches(user.passwordHash, newPassword)) {
      AuditContext.annotate({ reason: 'weak_new_password' });
      throw new SamePasswordError();
    }
    const forced = user.passwordChangeRequired;
    AuditContext.annotate({ details: { forced, method: forced ? 'forced_reset' : 'self_service' } });
    await this.users.setPassword(userId, await this.passwords.hash(newPassword));
    const cause = { revokedBy: 'user', reason: 'password_change', exceptSessionId: sessionId } as const;
    await this.revocation.revokeAll(userId, cause);
  }
}
