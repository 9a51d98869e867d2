import { Injectable } from '@nestjs/common';
import { AuditContext, AuthAudit } from '../../../audit/index.js';
import { RefusedError } from '../../../http-input/refused.error.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import { noteAccount, type UserEntity } from '../accounts/user.entity.js';
import { UserStore } from '../accounts/user-store.service.js';
import type { LoginView, SessionTokensView } from '../http/auth.dto.js';
import { SecondFactor } from '../mfa/second-factor.service.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.service.js';
import { Lockout } from './lockout.service.js';
import { Sessions } from './sessions.service.js';

/** Opens sessions. */
@Injectable()
export class LoginService {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly lockout: Lockout,
    private readonly sessions: Sessions,
    private readonly secondFactor: SecondFactor,
    private readonly challenges: OneTimeTokens,
    private readonly audit: AuthAudit,
  ) {}

  /**
   * Opens a session and resolves with its tokens, or, for accounts with a second factor, with a challenge. `email` is
   * normalised.
   *
   * @throws RefusedError (401): the same one after the same work, whatever is wrong. The audit event's
   *   reason tells: `unknown_user`, `invalid_password`, `locked` or `user_inactive`
   */
  async logIn(email: string, password: string): Promise<LoginView> {
    AuditContext.annotate({ details: { username: email, method: 'password' } });
    const user = await this.users.findByEmail(email);
    // Nobody acts before the log-in succeeds.
    if (user) AuditContext.annotate({ resource: { type: 'user', id: user.id } });
    const matches = await this.passwords.matches(user?.passwordHash, password);
    if (!user) throw invalidCredentials('unknown_user');
    if (this.lockout.isLocked(user)) throw invalidCredentials('locked');
    if (!matches) {
      await this.lockout.countFailure(user.id);
      throw invalidCredentials('invalid_password');
    }
    if (!user.active) throw invalidCredentials('user_inactive');
    if (await this.secondFactor.isEnabled(user.id)) return this.challenge(user);
    if (!(await this.lockout.clear(user.id))) throw invalidCredentials('locked');
    const { accessToken, refreshToken } = await this.sessions.open(user);
    return { accessToken, refreshToken };
  }

  /**
   * Answers a challenge with a code of the authenticator, or a recovery code, and opens the session.
   *
   * @throws RefusedError (401); the reason is `challenge_invalid`, `challenge_expired`, `locked`,
   *   `user_inactive` or `invalid_code`
   */
  async answerChallenge(challengeToken: string, code: string): Promise<SessionTokensView> {
    const challenge = await this.challenges.find('mfa_login', challengeToken);
    const user = challenge && (await this.users.findById(challenge.userId));
    if (!user) throw invalidCode('challenge_invalid');
    noteAccount(user);
    if (challenge.expired) throw invalidCode('challenge_expired');
    if (this.lockout.isLocked(user)) throw invalidCode('locked');
    if (!user.active) throw invalidCode('user_inactive');
    const method = await this.secondFactor.accepts(user.id, code);
    if (!method) {
      await this.lockout.countFailure(user.id);
      throw invalidCode('invalid_code');
    }
    if (!(await this.challenges.consume('mfa_login', challengeToken))) throw invalidCode('challenge_invalid');
    AuditContext.annotate({ details: { mfaMethod: method } });
    if (!(await this.lockout.clear(user.id))) throw invalidCode('locked');
    const { sessionId, accessToken, refreshToken } = await this.sessions.open(user);
    await this.audit.loginSuccess({ userId: user.id, sessionId, mfaUsed: true, method: 'mfa' });
    return { accessToken, refreshToken };
  }

  private async challenge({ id, email }: UserEntity): Promise<LoginView> {
    AuditContext.annotate({ outcome: 'attempted', reason: 'mfa_required', details: { method: 'mfa' } });
    return { mfaRequired: true, challengeToken: await this.challenges.issue('mfa_login', id, email) };
  }
}

/** The e-mail address and the password are not those of an active account. Never says which of them is wrong. */
function invalidCredentials(reason: string): Error {
  const seen = 'the e-mail address or the password is wrong. Check both and try again.';
  return new RefusedError(401, reason, `Cannot log in: ${seen}`);
}

/** The code, or the challenge that it answers, is not good. Never says which of them. */
function invalidCode(reason: string): Error {
  const seen = 'the code or its challenge is wrong or past its end. Log in again with e-mail and password.';
  return new RefusedError(401, reason, `Cannot log in: ${seen}`);
}
