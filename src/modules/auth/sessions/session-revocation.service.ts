import { Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { SessionStore } from './session-store.service.js';

/** Who closes sessions, why, and which stays. */
export interface RevocationCause {
  readonly revokedBy: 'user' | 'admin' | 'system';
  readonly reason: 'password_change' | 'password_reset' | 'account_deactivation';
  readonly exceptSessionId?: string;
}

/** Closes the sessions of an account that changed in a way which makes them doubtful. */
@Injectable()
export class SessionRevocation {
  constructor(
    private readonly sessions: SessionStore,
    private readonly audit: AuditAggregator,
  ) {}

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
