import { Injectable } from '@nestjs/common';
import { AuditAggregator, AuditContext, AuthAudit } from '../../../audit/index.js';
import { refreshRefused } from '../account.error.js';
import { noteAccount } from '../accounts/note-account.js';
import { ACCESS_TOKEN_LIFETIME_SECONDS, AccessTokens } from './access-tokens.service.js';
import { RefreshTokens, type KnownRefreshToken } from './refresh-tokens.service.js';
import type { SessionTokens } from './sessions.service.js';
import { SessionStore } from './session-store.service.js';

/** Keeps sessions going: a refresh token for the next one, and an access token. */
@Injectable()
export class TokenRefreshService {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly sessions: SessionStore,
    private readonly authAudit: AuthAudit,
    private readonly audit: AuditAggregator,
  ) {}

  /**
   * Uses the refresh token up and resolves with its successor and a fresh access token. A token that was used before
   * closes its session, since one of the two who showed it stole it.
   *
   * @throws RefusedError (401): the same one whatever is wrong; the audit event's reason tells
   */
  async refresh(token: string): Promise<SessionTokens> {
    const known = await this.refreshTokens.find(token);
    if (!known) throw refreshRefused('token_invalid');
    const { userId, sessionId } = known;
    noteAccount({ id: userId, name: known.userName }, sessionId);
    AuditContext.annotate({ details: { sessionId } });
    if (known.sessionState === 'revoked') throw refreshRefused('token_revoked');
    if (known.sessionState === 'expired') throw refreshRefused('token_expired');
    if (!known.userActive) throw refreshRefused('user_inactive');
    const refreshToken = known.used ? undefined : await this.refreshTokens.rotate(token);
    if (refreshToken === undefined) throw await this.revokeFamily(known);
    const accessToken = await this.accessTokens.issue({ userId, sessionId });
    const expiresAt = new Date(Date.now() + ACCESS_TOKEN_LIFETIME_SECONDS * 1_000);
    await this.authAudit.tokenIssued({ userId, sessionId, tokenType: 'access_token', expiresAt });
    return { accessToken, refreshToken };
  }

  private async revokeFamily({ userId, sessionId }: KnownRefreshToken): Promise<Error> {
    // Of those who show it at once, one closes the session, and his are the events.
    if (await this.sessions.revoke(userId, sessionId)) {
      const resource = { type: 'session', id: sessionId };
      await this.authAudit.tokenRevoked({ userId, sessionId, tokenType: 'refresh_token', reason: 'token_reused' });
      await this.audit.record('session_revoked', {
        resource,
        reason: 'security',
        details: { sessionId, revokedBy: 'system' },
      });
      await this.audit.record('suspicious_session_activity', {
        severity: 'critical',
        resource,
        details: { sessionId, activityType: 'refresh_token_reuse', detectionReason: 'a used refresh token came again' },
      });
    }
    return refreshRefused('token_reused');
  }
}
