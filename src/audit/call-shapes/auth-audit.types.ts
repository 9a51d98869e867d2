import type { AuditSeverity } from '../event/outcomes.js';

/** Whose account an authentication event is about, and in which session. What is not said comes from the context. */
export interface AuthSubject {
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** The kinds of token that `AuthAudit` names; any other text works too. */
export type AuthTokenType = 'access_token' | 'refresh_token' | 'api_key' | (string & Record<never, never>);

/** A token was issued, revoked or refused. Never give the token itself. */
export interface AuthTokenFacts extends AuthSubject {
  readonly tokenType: AuthTokenType;
  readonly reason?: string | undefined;
}

/** A step of an OAuth flow. */
export interface OAuthFacts extends AuthSubject {
  readonly clientId: string;
  readonly scope?: string | readonly string[] | undefined;
  readonly grantType?: string | undefined;
  readonly redirectUri?: string | undefined;
}

/** Something happened to or with a second factor. */
export interface MfaFacts extends AuthSubject {
  /** `totp`, `sms`, `email`, `recovery_code` … */
  readonly method?: string | undefined;
  readonly reason?: string | undefined;
}

/** Something happened to or with an API key. Never give the key itself. */
export interface ApiKeyFacts extends AuthSubject {
  readonly apiKeyId: string;
  readonly apiKeyName?: string | undefined;
}

/** What a custom event holds. */
export interface CustomAuthFacts extends AuthSubject {
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** @defaultValue 'error' with an error message, else 'info' */
  readonly severity?: AuditSeverity | undefined;
  readonly errorMessage?: string | undefined;
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
