import { Injectable } from '@nestjs/common';
import { AuditContext, AuthAudit } from '../../../audit/index.js';
import { ApiKeyStore } from '../api-keys/api-key-store.service.js';
import { AccessTokens } from '../sessions/access-tokens.service.js';
import { SessionStore } from '../sessions/session-store.service.js';
import { UnauthenticatedError, type TokenProblem } from './access.error.js';
import type { AuthenticatedRequest, AuthenticatedUser } from './authenticated-user.js';

/** The header `Authorization: Bearer` (RFC 6750). */
const BEARER = /^bearer +(\S+) *$/i;

/** Whom a request shows to be by. */
export interface Authenticated {
  readonly user: AuthenticatedUser;
  readonly passwordChangeRequired: boolean;
}

/** Finds out who a request is by: by its access token, else by its API key. */
@Injectable()
export class RequestAuthenticator {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly apiKeys: ApiKeyStore,
    private readonly audit: AuthAudit,
  ) {}

  /** @throws UnauthenticatedError (HTTP 401) */
  async authenticate({ headers }: AuthenticatedRequest): Promise<Authenticated> {
    const token = BEARER.exec(String(headers.authorization))?.[1];
    if (token !== undefined) return this.bySession(token);
    const key = headers['x-api-key'];
    if (typeof key === 'string') return this.byApiKey(key);
    throw new UnauthenticatedError('token_missing');
  }

  private async bySession(token: string): Promise<Authenticated> {
    const session = await this.sessions.find(await this.tokens.verify(token));
    if (!session) throw new UnauthenticatedError('token_invalid');
    const { user, passwordChangeRequired } = session;
    if (session.state !== 'open') throw refuse(user, `session_${session.state}`);
    if (!session.userActive) throw refuse(user, 'user_inactive');
    return { user, passwordChangeRequired };
  }

  /** A use is an event, of its own besides what the route records, since the key may have been copied. */
  private async byApiKey(key: string): Promise<Authenticated> {
    const known = await this.apiKeys.use(key);
    if (!known) throw new UnauthenticatedError('api_key_invalid');
    const { user, passwordChangeRequired, apiKeyId, apiKeyName } = known;
    if (!known.userActive) throw refuse(user, 'user_inactive');
    // The account is the actor; the key, and not the account, is what was used.
    AuditContext.set({ actor: { type: 'user', id: user.id, name: user.name } });
    await this.audit.apiKeyEvent('api_key_used', { userId: user.id, apiKeyId, apiKeyName });
    return { user, passwordChangeRequired };
  }
}

/** The token is ours, so the event can name whose it is. */
function refuse({ id, name, sessionId }: AuthenticatedUser, reason: TokenProblem): UnauthenticatedError {
  AuditContext.set({ actor: { type: 'user', id, name, sessionId } });
  return new UnauthenticatedError(reason);
}
