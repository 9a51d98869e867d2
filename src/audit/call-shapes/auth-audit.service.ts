import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import type { AuditInput } from '../event/audit-input.js';
import type {
  ApiKeyEventName,
  ApiKeyFacts,
  AuthSubject,
  AuthTokenFacts,
  CustomAuthFacts,
  MfaEventName,
  MfaFacts,
  OAuthEventName,
  OAuthFacts,
} from './auth-audit.types.js';

/**
 * Authentication's events by name: what an auth module calls where no route's `@Audited` says it already. Each method
 * records one event of the catalogue, fills in the context, and resolves with its receipt; it rejects only as
 * `AuditAggregator.record()` does. Never give a password, token, code or key.
 */
@Injectable()
export class AuthAudit {
  constructor(@Inject(AuditAggregator) private readonly aggregator: AuditAggregator) {}

  /** `user_login_success` (alias `login_success`): a session was opened. */
  loginSuccess({ mfaUsed, method, ...subject }: AuthSubject & LoginFacts): Promise<AuditReceipt> {
    return this.record('login_success', subject, { details: { method, mfa: mfaUsed } });
  }

  /** `user_login_failed` (alias `login_failure`). By nobody known, unless `userId` says whose account it was. */
  loginFailure({ username, reason, attempts, ...subject }: AuthSubject & LoginFailureFacts): Promise<AuditReceipt> {
    return this.record('login_failure', subject, { reason, details: { username, attempts } });
  }

  /** `user_logout` (alias `logout`). */
  logout({ method, ...subject }: AuthSubject & { readonly method?: string }): Promise<AuditReceipt> {
    return this.record('logout', subject, { details: { logoutMethod: method } });
  }

  /** `token_issued`. */
  tokenIssued({ tokenType, expiresAt, ...subject }: AuthTokenFacts & TokenEnd): Promise<AuditReceipt> {
    return this.record('token_issued', subject, { details: { tokenType, expiresAt } });
  }

  /** `token_revoked`. */
  tokenRevoked({ tokenType, reason, ...subject }: AuthTokenFacts): Promise<AuditReceipt> {
    return this.record('token_revoked', subject, { reason, details: { tokenType } });
  }

  /** `auth_token_refreshed` (alias `token_refresh`); with a `reason`, `auth_token_refresh_failed`. */
  tokenRefresh({ reason, ...subject }: AuthSubject & { readonly reason?: string } = {}): Promise<AuditReceipt> {
    const { sessionId } = subject;
    if (reason === undefined) return this.record('token_refresh', subject, { details: { sessionId } });
    return this.record('auth_token_refresh_failed', subject, { reason, details: { sessionId } });
  }

  /** `token_validation_failed`: a token was shown and refused. */
  tokenValidationFailed({ tokenType, reason, ...subject }: AuthTokenFacts): Promise<AuditReceipt> {
    return this.record('token_validation_failed', subject, { reason, details: { tokenType } });
  }

  /** One of the OAuth events. `scope` may be a list or the text with spaces that OAuth uses. */
  oauthEvent(name: OAuthEventName, { userId, sessionId, ...details }: OAuthFacts): Promise<AuditReceipt> {
    const { clientId, scope } = details;
    return this.record(
      name,
      { userId, sessionId },
      {
        resource: { type: 'oauth_client', id: clientId },
        details: { ...details, scope: typeof scope === 'object' ? scope.join(' ') : scope },
      },
    );
  }

  /** `user_password_changed` (alias `password_changed`). `forced`: the account was not usable until it was changed. */
  passwordChanged({ forced, ...subject }: AuthSubject & { readonly forced?: boolean } = {}): Promise<AuditReceipt> {
    const method = forced ? 'forced_reset' : 'self_service';
    return this.record('password_changed', subject, { details: { forced: forced ?? false, method } });
  }

  /** `user_password_reset_requested` (alias `password_reset_requested`). */
  passwordResetRequested({ email, method, ...subject }: AuthSubject & ResetFacts): Promise<AuditReceipt> {
    return this.record('password_reset_requested', subject, { details: { email, method } });
  }

  /** `user_password_reset_completed` (alias `password_reset_completed`). */
  passwordResetCompleted(subject: AuthSubject): Promise<AuditReceipt> {
    return this.record('password_reset_completed', subject, {});
  }

  /** One of the events of second factors. */
  mfaEvent(name: MfaEventName, { method, reason, ...subject }: MfaFacts): Promise<AuditReceipt> {
    return this.record(name, subject, { reason, details: { mfaMethod: method } });
  }

  /** One of the events of API keys. */
  apiKeyEvent(name: ApiKeyEventName, { apiKeyId, apiKeyName, ...subject }: ApiKeyFacts): Promise<AuditReceipt> {
    return this.record(name, subject, {
      resource: { type: 'api_key', id: apiKeyId },
      details: { apiKeyId, apiKeyName },
    });
  }

  /** Any other event, such as `auth.custom.event`; in the category `authentication` unless the catalogue knows better. */
  custom(name: AuditEventName, facts: CustomAuthFacts = {}): Promise<AuditReceipt> {
    const { data, errorMessage, ...subject } = facts;
    return this.record(name, subject, {
      category: 'authentication',
      severity: facts.severity ?? (errorMessage === undefined ? undefined : 'error'),
      error: errorMessage === undefined ? undefined : new Error(errorMessage),
      details: data,
    });
  }

  private record(name: AuditEventName, subject: AuthSubject, input: AuditInput): Promise<AuditReceipt> {
    return this.aggregator.record(name, { ...about(subject), ...input });
  }
}

/** How a login was done. */
export interface LoginFacts {
  readonly mfaUsed?: boolean;
  readonly method?: 'password' | 'oauth' | 'mfa';
}

/** How a login failed. */
export interface LoginFailureFacts {
  readonly username: string;
  readonly reason: string;
  /** How many in a row by now. */
  readonly attempts?: number;
}

/** When a token ends. */
export interface TokenEnd {
  readonly expiresAt: Date | string;
}

/** How a new password was asked for. */
export interface ResetFacts {
  readonly email: string;
  readonly method?: 'email_link' | 'security_questions';
}

/** The account is both who did it and what it was done to; without one, both come from the context. */
function about({ userId, sessionId }: AuthSubject): AuditInput {
  if (userId !== undefined) {
    const known = AuditContext.current()?.actor;
    const name = known?.id === userId ? known.name : undefined;
    return { actor: { type: 'user', id: userId, name, sessionId }, resource: { type: 'user', id: userId } };
  }
  return sessionId === undefined ? {} : { resource: { type: 'session', id: sessionId } };
}
