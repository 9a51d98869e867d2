import { Body, Controller, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { AuditContext, Audited } from '../../audit/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { CurrentUser, Public, SessionOnly } from './access.guard.js';
import { Lockout, PasswordHasher, UserStore } from './accounts.service.js';
import { CredentialsDto } from './auth.dto.js';
import { Sessions } from './sessions.service.js';
import type { SessionUser } from './user.entity.js';
import { ViewerCookie, type CookieResponse } from './viewer-cookie.service.js';

/** Opens and closes sessions. All refusals look the same and take the same time; only the audit event contains the reason. */
@Controller('auth')
export class LoginController {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly lockout: Lockout,
    private readonly sessions: Sessions,
    private readonly cookie: ViewerCookie,
  ) {}

  /** Opens a session. The answer has its access token, and a cookie has the same token for the viewer. */
  @Post('login')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Public()
  @Audited('user_login')
  async logIn(
    @Body() { email, password }: CredentialsDto,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<{ accessToken: string }> {
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
    await this.lockout.clear(user.id);
    const accessToken = await this.sessions.open(user);
    this.cookie.set(response, accessToken);
    return { accessToken };
  }

  /** Closes the session */
  @Post('logout')
  @HttpCode(204)
  @SessionOnly()
  @Audited('user_logout')
  async logOut(@CurrentUser() user: SessionUser): Promise<void> {
    await this.sessions.close(user);
  }
}

/** Closes the session of the viewer. The route is below `/audit`, because browsers send the viewer's cookie only to these routes. */
@ApiExcludeController()
@Controller('audit')
export class ViewerLogoutController {
  constructor(
    private readonly sessions: Sessions,
    private readonly cookie: ViewerCookie,
  ) {}

  @Post('logout')
  @HttpCode(204)
  @SessionOnly()
  @Audited('user_logout')
  async logOut(@CurrentUser() user: SessionUser, @Res({ passthrough: true }) response: CookieResponse): Promise<void> {
    await this.sessions.close(user);
    this.cookie.clear(response);
  }
}

/** The error does not reveal whether the e-mail address or the password is wrong. */
function invalidCredentials(reason: string): Error {
  const seen = 'the e-mail address or the password is wrong. Check both and try again.';
  return new RefusedError(401, reason, `Cannot log in: ${seen}`);
}
