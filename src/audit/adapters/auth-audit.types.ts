import type { AuditSeverity } from '../event/outcomes.js';
import type { CallId } from '../event/call-context.js';

/** What an authentication event may say of how it ended. */
export const AUTH_RESULTS = ['success', 'failure', 'partial', 'denied'] as const;
export type AuthResult = (typeof AUTH_RESULTS)[number];

/**
 * Whose account an authentication event is about, in which session, from where. What is not said comes from the context, of which scripts
 * and workers have none.
 */
export interface AuthSubject {
  readonly userId?: CallId | undefined;
  /** The account's name: the actor's, where the actor is the account. */
  readonly username?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly ipAddress?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** How it ended, where the name of the event does not say. */
export interface AuthEnd {
  /** Default: as the event's name says; `failure` with an error message. */
  readonly actionResult?: AuthResult | undefined;
  /** Makes it a failure, unless there is an `actionResult`, of the severity `error`. */
  readonly errorMessage?: string | undefined;
  readonly reason?: string | undefined;
}

/** How a login was done. */
export interface LoginFacts {
  readonly mfaUsed?: boolean | undefined;
  readonly method?: 'password' | 'oauth' | 'mfa' | undefined;
}

/** How a login failed. */
export interface LoginFailureFacts extends Pick<LoginFacts, 'method'> {
  readonly username: string;
  readonly reason: string;
  /** How many in a row by now. */
  readonly attempts?: number | undefined;
}

/** When a token ends. */
export interface TokenEnd {
  readonly expiresAt?: Date | string | undefined;
}

/** How a new password was asked for. */
export interface ResetFacts {
  readonly email: string;
  readonly method?: 'email_link' | 'security_questions' | undefined;
}

/** The kinds of token that `AuthAudit` names; any other text works too. */
export type AuthTokenType = 'access_token' | 'refresh_token' | 'api_key' | (string & Record<never, never>);

/** A token was issued, revoked or refused. Never give the token itself. */
export interface AuthTokenFacts extends AuthSubject {
  readonly tokenType?: AuthTokenType | undefined;
  readonly reason?: string | undefined;
}

/** A step of an OAuth flow. */
export interface OAuthFacts extends AuthSubject, AuthEnd {
  readonly clientId: string;
  readonly scope?: string | readonly string[] | undefined;
  readonly grantType?: string | undefined;
  readonly redirectUri?: string | undefined;
}

/** Something happened to or with a second factor. */
export interface MfaFacts extends AuthSubject, AuthEnd {
  /** `totp`, `sms`, `email`, `recovery_code` … */
  readonly method?: string | undefined;
}

/** Something happened to or with an API key. Never give the key itself. */
export interface ApiKeyFacts extends AuthSubject, AuthEnd {
  readonly apiKeyId: string;
  readonly apiKeyName?: string | undefined;
}

/** What a custom event holds. */
export interface CustomAuthFacts extends AuthSubject, AuthEnd {
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** @defaultValue 'error' with an error message, else 'info' */
  readonly severity?: AuditSeverity | undefined;
}

/** The events that {@link AuthAudit.oauthEvent} records. */
export const OAUTH_EVENTS = [
  'oauth_authorize',
  'oauth_client_registered',
  'oauth_code_generated',
  'oauth_token_exchange',
] as const;
export type OAuthEventName = (typeof OAUTH_EVENTS)[number];

/** The events that {@link AuthAudit.mfaEvent} records. */
export const MFA_EVENTS = ['mfa_enabled', 'mfa_disabled', 'mfa_challenge_success', 'mfa_challenge_failure'] as const;
export type MfaEventName = (typeof MFA_EVENTS)[number];

/** The events that {@link AuthAudit.apiKeyEvent} records. */
export const API_KEY_EVENTS = ['api_key_created', 'api_key_used', 'api_key_revoked'] as const;
export type ApiKeyEventName = (typeof API_KEY_EVENTS)[number];
