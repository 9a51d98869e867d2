import { Body, Controller, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditContext, Audited } from '../../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { Public, RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type SessionUser } from '../access/authenticated-user.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import { UserStore } from '../accounts/user-store.service.js';
import { Lockout } from '../sessions/lockout.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { ViewerCookie, type CookieResponse } from '../sessions/viewer-cookie.service.js';
import { CredentialsDto, LoginView } from './auth.dto.js';

/** Opens and closes sessions. All refusals look the same and take the same time; only the audit event contains the reason. */
@ApiTags('auth')
@Controller('auth')
export class LoginController {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly lockout: Lockout,
    private readonly sessions: Sessions,
    private readonly cookie: ViewerCookie,
  ) {}

  /** Opens a session */
  @Post('login')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @RateLimited()
  @Audited('user_login')
  async logIn(
    @Body() { email, password }: CredentialsDto,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<LoginView> {
    AuditContext.annotate({ details: { username: email, method: 'password' } });
    const user = await this.users.findByEmail(email);
    // A log-in has no actor until it succeeds, so the account becomes only the event's resource.
    if (user) AuditContext.annotate({ resource: { type: 'user', id: user.id } });
    const matches = await this.passwords.matches(user?.passwordHash, password);
    if (!user) throw invalidCredentials('unknown_user');
    if (this.lockout.isLocked(user)) throw invalidCredentials('locked');
    if (!matches) {
      await this.lockout.countFailure(user.id);
      throw invalidCredentials('invalid_password');
    }
    if (!user.active) throw invalidCredentials('user_inactive');
    if (!(await this.lockout.clear(user.id))) throw invalidCredentials('locked');
    const accessToken = await this.sessions.open(user);
    this.cookie.set(response, accessToken);
    return { accessToken };
  }

  /** Closes the session; its access token becomes invalid */
  @Post('logout')
  @HttpCode(204)
  @SessionOnly()
  @Audited('user_logout')
  async logOut(@CurrentUser() { id, sessionId }: SessionUser): Promise<void> {
    AuditContext.annotate({ resource: { type: 'session', id: sessionId }, details: { logoutMethod: 'explicit' } });
    await this.sessions.revoke(id, sessionId);
  }
}

/** The error does not reveal whether the e-mail address or the password is wrong. */
function invalidCredentials(reason: string): Error {
  const seen = 'the e-mail address or the password is wrong. Check both and try again.';
  return new RefusedError(401, reason, `Cannot log in: ${seen}`);
}
