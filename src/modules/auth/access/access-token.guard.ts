import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuditContext } from '../../../audit/index.js';
import { SessionStore, type KnownSession } from '../sessions/session-store.service.js';
import { AccessTokens } from '../sessions/access-tokens.service.js';
import { accessOf } from './access.decorators.js';
import { UnauthenticatedError } from './access.errors.js';
import type { AuthenticatedRequest, AuthenticatedUser } from './authenticated-user.js';
import { readBearerToken } from './bearer-token.js';

/** What of a response, Express's or Fastify's, the guard needs. */
interface ResponseWithHeader {
  header(name: string, value: string): unknown;
}

/**
 * Lets an HTTP request through that bears the access token of an open session of an active user, and leaves the user on
 * `request.user`; `@Public()` routes need none. Other transports are not its matter.
 *
 * @throws UnauthenticatedError (HTTP 401); its reason is the audit event's
 */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionStore,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    if (accessOf(this.reflector, context) === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    try {
      request.user = await this.authenticate(request);
      return true;
    } catch (error) {
      if (error instanceof UnauthenticatedError) {
        AuditContext.annotate({ reason: error.reason });
        http.getResponse<ResponseWithHeader>().header('www-authenticate', 'Bearer');
      }
      throw error;
    }
  }

  private async authenticate({ headers }: AuthenticatedRequest): Promise<AuthenticatedUser> {
    const token = readBearerToken(headers.authorization);
    if (token === undefined) throw new UnauthenticatedError('token_missing');
    const session = await this.sessions.find(await this.tokens.verify(token));
    if (!session) throw new UnauthenticatedError('token_invalid');
    const { user } = session;
    if (!session.open) throw refuse(session, 'session_revoked');
    if (!session.userActive) throw refuse(session, 'user_inactive');
    return user;
  }
}

/** The token is ours, so the event can name whose it is. */
function refuse({ user }: KnownSession, reason: 'session_revoked' | 'user_inactive'): UnauthenticatedError {
  AuditContext.set({ actor: { type: 'user', id: user.id, name: user.name, sessionId: user.sessionId } });
  return new UnauthenticatedError(reason);
}
