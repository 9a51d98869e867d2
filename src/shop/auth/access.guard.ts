import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuditContext, AuthAudit, isAudited } from '../../audit/index.js';
import { cannotOpen, sessionRequired, UnauthenticatedError, type TokenProblem } from './access.error.js';
import { ApiKeyStore } from './api-key-store.service.js';
import { Sessions } from './sessions.service.js';
import type { AuthenticatedUser, Role } from './user.entity.js';
import { isPossiblyForged, tokenInCookie } from './viewer-cookie.service.js';

/** Who may call a route: everybody (`public`); everybody, with or without a token (`optional`); or only users with one of the roles. */
type Access = 'public' | 'optional' | readonly Role[];
const Access = Reflector.createDecorator<Access>();
const NeedsSession = Reflector.createDecorator<boolean | undefined>();

/** Makes a route or a controller public: a request needs no access token. A decorator of a method overrides its controller's decorator. */
export const Public = () => Access('public');

/** Makes the access token optional on a route or a controller. Another guard of the route decides about access. */
export const OptionalUser = () => Access('optional');

/** Allows a route or a controller only to users with one of the `roles`. */
export const Roles = (...roles: [Role, ...Role[]]) => Access(roles);

/**
 * Refuses API keys on a route or a controller. Every controller of the caller's own account has this decorator, and `@SessionOnly(false)` allows keys
 * on one of its routes.
 */
export const SessionOnly = (only = true) => NeedsSession(only);

/** The part of the request of Express or Fastify that the guard reads and writes. */
interface AuthenticatedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  user?: AuthenticatedUser;
}

/**
 * Passes the authenticated user to a parameter. On a `@SessionOnly()` route, the user is a `SessionUser`.
 *
 * @throws Error on a `@Public()` route, which has no user
 */
export const CurrentUser = createParamDecorator((_: undefined, context: ExecutionContext): AuthenticatedUser => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user) return user;
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  throw new Error(
    `Cannot give ${route} the current user: the route is public. Remove its @Public() or its @CurrentUser().`,
  );
});

/** Matches the header `Authorization: Bearer` (RFC 6750). */
const BEARER = /^bearer +(\S+) *$/i;

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
    private readonly sessions: Sessions,
    private readonly apiKeys: ApiKeyStore,
    private readonly audit: AuthAudit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    const access = this.reflector.getAllAndOverride<Access | undefined>(Access.KEY, targets);
    if (access === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    try {
      request.user = await this.authenticate(request);
    } catch (error) {
      if (!(error instanceof UnauthenticatedError)) throw error;
      if (access === 'optional') return true;
      http.getResponse<{ header(name: string, value: string): unknown }>().header('www-authenticate', 'Bearer');
      await this.note(error, context);
      throw error;
    }
    const { roles, sessionId } = request.user;
    if (sessionId === undefined && this.reflector.getAllAndOverride(NeedsSession, targets)) throw sessionRequired();
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
    if (inCookie === undefined) throw new UnauthenticatedError('token_missing');
    if (!isPossiblyForged(request)) return this.bySession(inCookie);
    const seen = 'a page of another origin may have sent it. Send the access token in the header Authorization.';
    throw cannotOpen('other_origin', seen);
  }

  private async bySession(token: string): Promise<AuthenticatedUser> {
    const session = await this.sessions.find(token);
    if (!session) throw new UnauthenticatedError('token_invalid');
    if (session.state !== 'open') throw createRefusal(session.user, `session_${session.state}`);
    if (!session.userActive) throw createRefusal(session.user, 'user_inactive');
    return session.user;
  }

  /** Each use of a key is an event of its own, since the key may be stolen. */
  private async byApiKey(key: string): Promise<AuthenticatedUser> {
    const known = await this.apiKeys.find(key);
    if (!known) throw new UnauthenticatedError('api_key_invalid');
    const { user, apiKeyId, apiKeyName } = known;
    const credential = { credentialId: apiKeyId, credentialKind: 'api_key' };
    AuditContext.set({ actor: { type: 'user', id: user.id, name: user.name }, ...credential });
    if (!known.userActive) throw createRefusal(user, 'user_inactive');
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

function createRefusal({ id, name, sessionId }: AuthenticatedUser, reason: TokenProblem): UnauthenticatedError {
  AuditContext.set({ actor: { type: 'user', id, name, sessionId } });
  return new UnauthenticatedError(reason);
}
