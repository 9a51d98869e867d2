import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditAggregator, AuditContext, AuthAudit } from '../../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { noteAccount } from '../accounts/user.entity.js';
import type { SessionTokensView } from '../http/auth.dto.js';
import { hashSecret, makeOpaqueToken } from '../tokens/opaque-token.js';
import { ACCESS_TOKEN_LIFETIME_SECONDS, AccessTokens } from './access-tokens.service.js';
import { SESSION_STATE, Sessions, type SessionState } from './sessions.service.js';

interface KnownRefreshToken {
  readonly userId: string;
  readonly userName: string;
  readonly userActive: boolean;
  readonly sessionId: string;
  readonly sessionState: SessionState;
}

const FIND = `
  SELECT u.id AS "userId", u.name AS "userName", u.active AS "userActive", s.id AS "sessionId",
         ${SESSION_STATE} AS "sessionState"
    FROM auth_refresh_token t JOIN auth_session s ON s.id = t.session_id JOIN auth_user u ON u.id = s.user_id
   WHERE t.token_hash = $1`;
/** One statement marks the old token as used and stores the new token, or does neither. */
const ROTATE = `
  WITH used AS (
    UPDATE auth_refresh_token SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL RETURNING session_id)
  INSERT INTO auth_refresh_token (token_hash, session_id) SELECT $2, session_id FROM used RETURNING session_id`;

/**
 * Manages refresh tokens: opaque, stored as hashes, each valid once. The tokens of a session are a family, which ends with the session. A
 * used token stays stored until then, so that a stolen token is recognised when it is used again.
 */
@Injectable()
export class RefreshTokens {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly accessTokens: AccessTokens,
    private readonly sessions: Sessions,
    private readonly authAudit: AuthAudit,
    private readonly audit: AuditAggregator,
  ) {}

  /**
   * Consumes the refresh token, and resolves with a new refresh token and a new access token. A second use of a token closes the token's
   * session, because one of the two users is a thief.
   *
   * @throws RefusedError (401), which looks the same for every cause; only the audit event contains the reason
   */
  async refresh(token: string): Promise<SessionTokensView> {
    const [known] = await this.dataSource.query<KnownRefreshToken[]>(FIND, [hashSecret(token)]);
    if (!known) throw refused('token_invalid');
    const { userId, sessionId } = known;
    noteAccount({ id: userId, name: known.userName }, sessionId);
    AuditContext.annotate({ details: { sessionId } });
    if (known.sessionState === 'revoked') throw refused('token_revoked');
    if (known.sessionState === 'expired') throw refused('token_expired');
    if (!known.userActive) throw refused('user_inactive');
    const refreshToken = makeOpaqueToken('nal_rt');
    // Only one of several simultaneous callers gets the new token.
    const rotated = await this.dataSource.query<unknown[]>(ROTATE, [hashSecret(token), hashSecret(refreshToken)]);
    if (rotated.length === 0) throw await this.revokeFamily(known);
    const accessToken = await this.accessTokens.issue({ userId, sessionId });
    const expiresAt = new Date(Date.now() + ACCESS_TOKEN_LIFETIME_SECONDS * 1_000);
    await this.authAudit.tokenIssued({ userId, sessionId, tokenType: 'access_token', expiresAt });
    return { accessToken, refreshToken };
  }

  private async revokeFamily({ userId, sessionId }: KnownRefreshToken): Promise<Error> {
    // Only one of several simultaneous callers closes the session and records the events.
    if ((await this.sessions.revoke(userId, sessionId)) > 0) {
      const resource = { type: 'session', id: sessionId };
      await this.authAudit.tokenRevoked({ userId, sessionId, tokenType: 'refresh_token', reason: 'token_reused' });
      const details = { sessionId, revokedBy: 'system' } as const;
      await this.audit.record('session_revoked', { resource, reason: 'security', details });
      await this.audit.record('suspicious_session_activity', {
        severity: 'critical',
        resource,
        details: { sessionId, activityType: 'refresh_token_reuse', detectionReason: 'a used refresh token came again' },
      });
    }
    return refused('token_reused');
  }
}

function refused(reason: string): Error {
  const message = 'Cannot refresh the session: the refresh token is invalid. Log in again.';
  return new RefusedError(401, reason, message);
}
