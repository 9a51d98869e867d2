import type { AuditSeverity } from '../../base/event/outcomes.js';
import type { CallContextFields } from '../event/call-context.js';
import type { CalledRequest } from '../../base/event/request-fields.js';

export const AUTH_RESULTS = ['success', 'failure', 'partial', 'denied'] as const;
export type AuthResult = (typeof AUTH_RESULTS)[number];

/** The account, the session and the client of an authentication event. Missing fields come from the current request or job. */
export interface AuthSubject extends CalledRequest, Pick<CallContextFields, 'userId' | 'sessionId'> {
  /** The account's name. If the actor is that account, this is also the actor's name. */
  readonly username?: string | undefined;
}

export interface AuthOutcomeFacts {
  /** Default: `failure` if `errorMessage` is given, otherwise the result in the event's name. */
  readonly actionResult?: AuthResult | undefined;
  /** Makes the event a failure with the severity `error`, unless `actionResult` is given. */
  readonly errorMessage?: string | undefined;
  readonly reason?: string | undefined;
}

export interface LoginFacts {
  readonly mfaUsed?: boolean | undefined;
  readonly method?: 'password' | 'oauth' | 'mfa' | undefined;
}

export interface LoginFailureFacts extends Pick<LoginFacts, 'method'> {
  readonly username: string;
  readonly reason: string;
  /** How many attempts in a row have failed so far. */
  readonly attempts?: number | undefined;
}

export interface TokenOutcomeFacts {
  readonly expiresAt?: Date | string | undefined;
}

export interface PasswordResetFacts {
  readonly email: string;
  readonly method?: 'email_link' | 'security_questions' | undefined;
}

/** The usual kinds of token. Any other text is valid, too. */
export type AuthTokenType = 'access_token' | 'refresh_token' | 'api_key' | (string & Record<never, never>);

/** The fields that describe a token that was issued, revoked or refused. Never pass the token itself. */
export interface AuthTokenFacts extends AuthSubject {
  readonly tokenType?: AuthTokenType | undefined;
  readonly reason?: string | undefined;
}

export interface OAuthFacts extends AuthSubject, AuthOutcomeFacts {
  readonly clientId: string;
  readonly scope?: string | readonly string[] | undefined;
  readonly grantType?: string | undefined;
  readonly redirectUri?: string | undefined;
}

/** The fields that describe a second factor that was set up, used or removed. */
export interface MfaFacts extends AuthSubject, AuthOutcomeFacts {
  /** `totp`, `sms`, `email`, `recovery_code` … */
  readonly method?: string | undefined;
}

/** The fields that describe an API key that was created, used or revoked. Never pass the key itself. */
export interface ApiKeyFacts extends AuthSubject, AuthOutcomeFacts {
  readonly apiKeyId: string;
  readonly apiKeyName?: string | undefined;
}

export interface CustomAuthFacts extends AuthSubject, AuthOutcomeFacts {
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** @defaultValue 'error' with an error message, else 'info' */
  readonly severity?: AuditSeverity | undefined;
}

export type OAuthEventName =
  'oauth_authorize' | 'oauth_client_registered' | 'oauth_code_generated' | 'oauth_token_exchange';

export type MfaEventName = 'mfa_enabled' | 'mfa_disabled' | 'mfa_challenge_success' | 'mfa_challenge_failure';

export type ApiKeyEventName = 'api_key_created' | 'api_key_used' | 'api_key_revoked';
