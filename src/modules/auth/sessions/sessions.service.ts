import { Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { noteAccount } from '../accounts/note-account.js';
import { AccessTokens } from './access-tokens.service.js';
import { RefreshTokens } from './refresh-tokens.service.js';
import { SessionStore } from './session-store.service.js';

/** What a login answers with. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A fresh session and its tokens. */
export interface OpenedSession extends SessionTokens {
  readonly sessionId: string;
}

/** Who closes sessions, why, and which stays. */
export interface RevocationCause {
  readonly revokedBy: 'user' | 'admin' | 'system';
  readonly reason: 'password_change' | 'password_reset' | 'account_deactivation';
  readonly exceptSessionId?: string;
}

/** Opens sessions for those who proved who they are, and closes those that became doubtful. */
@Injectable()
export class Sessions {
  constructor(
    private readonly sessions: SessionStore,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly audit: AuditAggregator,
  ) {}

  /** Opens a session of the user, whom the request's events are by from now on. Clears away his that are past their end. */
  async open(user: { readonly id: string; readonly name: string }): Promise<OpenedSession> {
    for (const id of await this.sessions.removeExpired(user.id)) {
      const resource = { type: 'session', id };
      await this.audit.record('session_expired', { actor: { type: 'system' }, resource, details: { userId: user.id } });
    }
    const sessionId = await this.sessions.open(user.id);
    noteAccount(user, sessionId);
    const [accessToken, refreshToken] = await Promise.all([
      this.accessTokens.issue({ userId: user.id, sessionId }),
      this.refreshTokens.issue(sessionId),
    ]);
    return { sessionId, accessToken, refreshToken };
  }

  /** Closes the user's open sessions, and records `all_sessions_revoked` if there were any. */
  async revokeAll(userId: string, { exceptSessionId, reason, revokedBy }: RevocationCause): Promise<void> {
    const sessionsRevokedCount = await this.sessions.revokeAll(userId, exceptSessionId);
    if (sessionsRevokedCount === 0) return;
    await this.audit.record('all_sessions_revoked', {
      resource: { type: 'user', id: userId },
      reason,
      details: { revokedBy, exceptSessionId, sessionsRevokedCount },
    });
  }
}
