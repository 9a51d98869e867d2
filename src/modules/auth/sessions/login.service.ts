import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { InvalidCredentialsError } from '../accounts/account.errors.js';
import { noteAccount } from '../accounts/note-account.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import { UserStore } from '../accounts/user-store.service.js';
import { ACCESS_TOKEN_LIFETIME_SECONDS, AccessTokens } from './access-tokens.service.js';
import { SessionStore } from './session-store.service.js';

/** Opens and closes sessions. */
@Injectable()
export class LoginService {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly sessions: SessionStore,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * Opens a session and resolves with its access token. `email` is normalised.
   *
   * @throws InvalidCredentialsError (HTTP 401): the same one after the same work, whatever is wrong. The audit event's
   *   reason tells: `unknown_user`, `invalid_password` or `user_inactive`
   */
  async logIn(email: string, password: string): Promise<string> {
    AuditContext.annotate({ details: { username: email, method: 'password' } });
    const user = await this.users.findByEmail(email);
    if (user) noteAccount(user);
    const matches = await this.passwords.matches(user?.passwordHash, password);
    if (!user) throw refuse('unknown_user');
    if (!matches) throw refuse('invalid_password');
    if (!user.active) throw refuse('user_inactive');
    const sessionId = await this.sessions.open(user.id, ACCESS_TOKEN_LIFETIME_SECONDS);
    noteAccount(user, sessionId);
    return this.tokens.issue({ userId: user.id, sessionId });
  }

  /** Closes the session: from now on its access token is refused. */
  async logOut(sessionId: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { logoutMethod: 'explicit' } });
    await this.sessions.revoke(sessionId);
  }
}

function refuse(reason: 'unknown_user' | 'invalid_password' | 'user_inactive'): InvalidCredentialsError {
  AuditContext.annotate({ reason });
  return new InvalidCredentialsError();
}
