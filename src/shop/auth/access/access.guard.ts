import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuditContext, AuthAudit, isAudited } from '../../../audit/index.js';
import { ApiKeyStore } from '../api-keys/api-key-store.service.js';
import { AccessTokens } from '../sessions/access-tokens.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { mayBeForged, tokenInCookie } from '../sessions/viewer-cookie.service.js';
import { accessOf, needsSession } from './access.decorators.js';
import { cannotOpen, otherOrigin, sessionRequired, UnauthenticatedError, type TokenProblem } from './access.error.js';
import type { AuthenticatedRequest, AuthenticatedUser } from './authenticated-user.js';

/** Matches the header `Authorization: Bearer` (RFC 6750). */
const BEARER = /^bearer +(\S+) *$/i;

interface ResponseWithHeader {
  header(name: string, value: string): unknown;
}

/**
 * Accepts an HTTP request with an access token, an API key or the viewer's cookie, and sets `request.user`. The token's session must be open, and
 * the user must be active and have one of the roles in `@Roles()`. `@Public()` and `@OptionalUser()` routes need no token. Requests of other
 * transports are allowed.
 *
 * A refused token causes one event: the `denied` event of an audited route, otherwise `token_validation_failed`. A request without a token
 * has no separate event.
 *
 * @throws UnauthenticatedError (HTTP 401), with the reason of the audit event
 * @throws RefusedError (403) if the route refuses the user
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokens,
    private readonly sessions: Sessions,
    private readonly apiKeys: ApiKeyStore,
    private readonly audit: AuthAudit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = accessOf(this.reflector, context);
    if (access === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    try {
      request.user = await this.authenticate(request);
      if (request.user.sessionId === undefined && needsSession(this.reflector, context)) throw sessionRequired();
    } catch (error) {
      if (error instanceof UnauthenticatedError) {
        if (access === 'optional') return true;
        http.getResponse<ResponseWithHeader>().header('www-authenticate', 'Bearer');
        await this.note(error, context);
      }
      throw error;
    }
    const { roles } = request.user;
    if (access === undefined || access === 'optional' || roles.some((role) => access.includes(role))) return true;
    throw cannotOpen('missing_role', `it needs the role ${access.join(' or ')}. Ask an administrator for it.`);
  }

  private async authenticate(request: AuthenticatedRequest): Promise<AuthenticatedUser> {
    const { headers } = request;
    const token = BEARER.exec(String(headers.authorization))?.[1];
    if (token !== undefined) return this.bySession(token);
    const key = headers['x-api-key'];
    if (typeof key === 'string') return this.byApiKey(key);
    const inCookie = tokenInCookie(request);
    if (inCookie !== undefined && mayBeForged(request)) throw otherOrigin();
    if (inCookie !== undefined) return this.bySession(inCookie);
    throw new UnauthenticatedError('token_missing');
  }

  private async bySession(token: string): Promise<AuthenticatedUser> {
    const session = await this.sessions.find(await this.tokens.verify(token));
    if (!session) throw new UnauthenticatedError('token_invalid');
    if (!session.isOpen) throw refuse(session.user, 'session_revoked');
    if (!session.userActive) throw refuse(session.user, 'user_inactive');
    return session.user;
  }

  /** Each use of a key is an event of its own, since the key may be stolen. */
  private async byApiKey(key: string): Promise<AuthenticatedUser> {
    const known = await this.apiKeys.use(key);
    if (!known) throw new UnauthenticatedError('api_key_invalid');
    const { user, apiKeyId, apiKeyName } = known;
    const credential = { credentialId: apiKeyId, credentialKind: 'api_key' };
    AuditContext.set({ actor: { type: 'user', id: user.id, name: user.name }, ...credential });
    if (!known.userActive) throw refuse(user, 'user_inactive');
    await this.audit.apiKeyEvent('api_key_used', { userId: user.id, apiKeyId, apiKeyName });
    return user;
  }

  private async note({ reason }: UnauthenticatedError, context: ExecutionContext): Promise<void> {
    if (isAudited(context)) AuditContext.annotate({ reason });
    else if (reason !== 'token_missing') {
      const tokenType = reason === 'api_key_invalid' ? 'api_key' : 'access_token';
      await this.audit.tokenValidationFailed({ tokenType, reason });
    }
  }
}

function refuse({ id, name, sessionId }: AuthenticatedUser, reason: TokenProblem): UnauthenticatedError {
  AuditContext.set({ actor: { type: 'user', id, name, sessionId } });
  return new UnauthenticatedError(reason);
}
