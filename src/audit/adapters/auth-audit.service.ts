import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { AuditEventName } from '../catalogue/define-audit-events.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import type { AuditActorInput } from '../event/audit-input.js';
import { toFields, translateCall, type CallScope } from '../event/call-context.js';
import { toCamelCaseKeys, mergeBothCases } from '../event/key-case.js';
import { isPresent } from '../event/input-fields.js';
import { hasFields } from '../event/merge-fields.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import type {
  ApiKeyEventName,
  ApiKeyFacts,
  AuthSubject,
  AuthTokenFacts,
  CustomAuthFacts,
  LoginFacts,
  LoginFailureFacts,
  MfaEventName,
  MfaFacts,
  OAuthEventName,
  OAuthFacts,
  PasswordResetFacts,
  TokenOutcomeFacts,
} from './auth-audit.types.js';
import { recordCall } from './record-call.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Records authentication events by name, for an auth module whose routes have no `@Audited`. Each method records one event of the
 * catalogue, fills in the context, and resolves with the receipt. The methods reject only with the errors of `AuditAggregator.record()`.
 * Never pass a password, token, code or key. Unknown fields are stored in the metadata and listed in `metadata.unfitFields`. `options`
 * names the database transaction in which the event is stored.
 */
@Injectable()
export class AuthAudit {
  constructor(@Inject(AuditAggregator) private readonly aggregator: AuditAggregator) {}

  /** Records `user_login_success` (alias `login_success`): a session was opened. */
  loginSuccess(facts: AuthSubject & LoginFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { mfaUsed, method, ...others } = toFactFields(facts);
    return this.record('login_success', others, { method, mfa: mfaUsed, username: others.username }, options);
  }

  /**
   * Records `user_login_failed` (alias `login_failure`). The event has no actor. `userId` is the account that the client tried to log in
   * to.
   */
  loginFailure(facts: AuthSubject & LoginFailureFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { username, attempts, method, ...others } = toFactFields(facts);
    return this.record('login_failure', others, { username, attempts, method }, options);
  }

  /** Records `user_logout` (alias `logout`). */
  logout(facts: AuthSubject & { readonly method?: string }, options?: TransactionOptions): Promise<AuditReceipt> {
    const { method, ...others } = toFactFields(facts);
    return this.record('logout', others, { logoutMethod: method }, options);
  }

  /** Records `token_issued`. */
  tokenIssued(facts: AuthTokenFacts & TokenOutcomeFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { tokenType, expiresAt, ...others } = toFactFields(facts);
    return this.record('token_issued', others, { tokenType, expiresAt }, options);
  }

  /** Records `token_revoked`. */
  tokenRevoked(facts: AuthTokenFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { tokenType, ...others } = toFactFields(facts);
    return this.record('token_revoked', others, { tokenType }, options);
  }

  /** Records `auth_token_refreshed` (alias `token_refresh`). With a `reason`, records `auth_token_refresh_failed`. */
  tokenRefresh(
    facts: AuthSubject & { readonly reason?: string } = {},
    options?: TransactionOptions,
  ): Promise<AuditReceipt> {
    const others = toFactFields(facts);
    const { sessionId, reason } = others;
    const name = reason === undefined ? 'token_refresh' : 'auth_token_refresh_failed';
    return this.record(name, others, { sessionId }, options);
  }

  /** Records `token_validation_failed`: a client sent a token, and the application refused it. */
  tokenValidationFailed(facts: AuthTokenFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { tokenType, ...others } = toFactFields(facts);
    return this.record('token_validation_failed', others, { tokenType }, options);
  }

  /** Records an OAuth event. `scope` is an array, or a text with spaces between the scopes. */
  oauthEvent(name: OAuthEventName, facts: OAuthFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { clientId, scope, grantType, redirectUri, ...others } = toFactFields(facts);
    const details = { clientId, scope: Array.isArray(scope) ? scope.join(' ') : scope, grantType, redirectUri };
    return this.record(name, others, details, options, { resource: { type: 'oauth_client', id: clientId } });
  }

  /** Records `user_password_changed` (alias `password_changed`). `forced` means that the account was blocked until the password was changed. */
  passwordChanged(
    facts: AuthSubject & { readonly forced?: boolean } = {},
    options?: TransactionOptions,
  ): Promise<AuditReceipt> {
    const { forced = false, ...others } = toFactFields(facts);
    const method = forced ? 'forced_reset' : 'self_service';
    return this.record('password_changed', others, { forced, method }, options);
  }

  /** Records `user_password_reset_requested` (alias `password_reset_requested`). */
  passwordResetRequested(facts: AuthSubject & PasswordResetFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { email, method, ...others } = toFactFields(facts);
    return this.record('password_reset_requested', others, { email, method }, options);
  }

  /** Records `user_password_reset_completed` (alias `password_reset_completed`). */
  passwordResetCompleted(facts: AuthSubject, options?: TransactionOptions): Promise<AuditReceipt> {
    return this.record('password_reset_completed', toFactFields(facts), {}, options);
  }

  /** Records an event about a second factor. */
  mfaEvent(name: MfaEventName, facts: MfaFacts = {}, options?: TransactionOptions): Promise<AuditReceipt> {
    const { method, ...others } = toFactFields(facts);
    return this.record(name, others, { mfaMethod: method }, options);
  }

  /** Records an event about an API key. */
  apiKeyEvent(name: ApiKeyEventName, facts: ApiKeyFacts, options?: TransactionOptions): Promise<AuditReceipt> {
    const { apiKeyId, apiKeyName, ...others } = toFactFields(facts);
    const resource = { type: 'api_key', id: apiKeyId };
    return this.record(name, others, { apiKeyId, apiKeyName }, options, { resource });
  }

  /**
   * Records an event that no other method of this class records, such as `auth.custom.event`. Events with a name outside the catalogue get
   * the category `authentication`.
   */
  custom(name: AuditEventName, facts: CustomAuthFacts = {}, options?: TransactionOptions): Promise<AuditReceipt> {
    const { data, ...others } = toFactFields(facts);
    return this.record(name, others, data, options, { category: 'authentication' });
  }

  private record(
    name: AuditEventName,
    { action, eventData, ...facts }: Fields,
    given: unknown,
    options: TransactionOptions = {},
    more: Fields = {},
  ): Promise<AuditReceipt> {
    const placed = mergeBothCases(toFields(given, 'data'), toFields(eventData, 'eventData'));
    const details = mergeBothCases(placed, toFields(action, 'action'));
    const { scope, input } = readAuthCall(facts, this.aggregator.currentActor());
    const known = hasFields(options) ? options : undefined;
    const fields = { options: known ? undefined : options, ...input, ...more, details };
    return recordCall(this.aggregator, name, scope, fields, known);
  }
}

function toFactFields(facts: unknown): Fields {
  return isPresent(facts) && !hasFields(facts) ? { input: facts } : toCamelCaseKeys(facts);
}

/**
 * With a `userId`, the account is the actor and the resource. Without a `userId`, the actor is the scope's actor, and the resource is the
 * session.
 */
function readAuthCall(
  { userId, username, sessionId, ...others }: Fields,
  current: AuditActorInput | undefined,
): { readonly scope: CallScope; readonly input: Fields } {
  const { scope, unfit } = translateCall({ sessionId }, { userId }, current);
  const isKnown = userId !== undefined && scope.actor?.id !== undefined;
  const known = isKnown && String(current?.id) === String(scope.actor?.id) ? current?.name : undefined;
  const isNamed = isKnown || current?.id === undefined; // if false, `username` is not the name of the actor
  const name = isNamed && typeof username === 'string' ? username : known;
  const actor = isKnown ? { type: 'user' as const, ...scope.actor, name } : name && { ...scope.actor, name };
  const session = sessionId === undefined ? undefined : { type: 'session', id: sessionId };
  const resource = isKnown ? { type: 'user', id: scope.actor?.id } : session;
  const unnamed = username === undefined || name === username ? {} : { username };
  return { scope: actor ? { ...scope, actor } : scope, input: { ...others, ...unfit, ...unnamed, resource } };
}
