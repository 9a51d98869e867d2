import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuditContext, AuthAudit, isAudited } from '../../../audit/index.js';
import { RefusedError } from '../../../http-input/refused.error.js';
import { accessOf, BeforePasswordChange, SessionOnly } from './access.decorators.js';
import { UnauthenticatedError } from './access.error.js';
import type { AuthenticatedRequest } from './authenticated-user.js';
import { RequestAuthenticator, type Authenticated } from './request-authenticator.service.js';

/** What of a response, Express's or Fastify's, the guard needs. */
interface ResponseWithHeader {
  header(name: string, value: string): unknown;
}

/**
 * Lets an HTTP request through that bears the access token of an open session, or an API key, of an active user, and
 * leaves the user on `request.user`; `@Public()` and `@OptionalUser()` routes need none. Other transports are not its matter.
 *
 * A token that is refused is one event: the route's own `denied` where the route is audited, else
 * `token_validation_failed`. A request without any token showed none that could fail: it is not an event of its own.
 *
 * @throws UnauthenticatedError (HTTP 401); its reason is the audit event's
 * @throws RefusedError (403)
 */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: RequestAuthenticator,
    private readonly audit: AuthAudit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(this.reflector, context);
    if (access === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    try {
      const authenticated = await this.authenticator.authenticate(request);
      request.user = authenticated.user;
      this.checkWays(context, authenticated);
      return true;
    } catch (error) {
      if (error instanceof UnauthenticatedError) {
        if (access === 'optional') return true;
        http.getResponse<ResponseWithHeader>().header('www-authenticate', 'Bearer');
        await this.note(error, context);
      }
      throw error;
    }
  }

  private checkWays(context: ExecutionContext, { user, passwordChangeRequired }: Authenticated): void {
    const targets = [context.getHandler(), context.getClass()];
    if (user.sessionId === undefined && this.reflector.getAllAndOverride(SessionOnly, targets)) {
      const seen = 'it needs a session, and the request has an API key. Log in and send its access token.';
      throw new RefusedError(403, 'session_required', `Cannot open this route: ${seen}`);
    }
    if (passwordChangeRequired && !this.reflector.getAllAndOverride(BeforePasswordChange, targets)) {
      const seen = 'the password must be changed first. POST /auth/me/password does that.';
      throw new RefusedError(403, 'password_change_required', `Cannot open this route: ${seen}`);
    }
  }

  private async note({ reason }: UnauthenticatedError, context: ExecutionContext): Promise<void> {
    if (isAudited(context)) AuditContext.annotate({ reason });
    else if (reason !== 'token_missing') {
      const tokenType = reason === 'api_key_invalid' ? 'api_key' : 'access_token';
      await this.audit.tokenValidationFailed({ tokenType, reason });
    }
  }
}
