export { AuditAggregator, type RecordOptions } from './audit-aggregator.js';
export type { AuditFailurePolicy, AuditModuleAsyncOptions, AuditModuleOptions } from './audit-options.js';
export { AuditModule } from './audit.module.js';
export {
  Audited,
  NotAudited,
  type AuditedCall,
  type AuditedOptions,
  type UncheckedValue,
} from './capture/audited.decorator.js';
export { isAudited, type CalledHandler } from './capture/is-audited.js';
export { AuthAudit } from './call-shapes/auth-audit.service.js';
export type { LoginFacts, LoginFailureFacts, ResetFacts, TokenEnd } from './call-shapes/auth-audit.service.js';
export {
  API_KEY_EVENTS,
  MFA_EVENTS,
  OAUTH_EVENTS,
  type ApiKeyEventName,
  type ApiKeyFacts,
  type AuthSubject,
  type AuthTokenFacts,
  type AuthTokenType,
  type CustomAuthFacts,
  type MfaEventName,
  type MfaFacts,
  type OAuthEventName,
  type OAuthFacts,
} from './call-shapes/auth-audit.types.js';
export {
  Catalogue,
  type AuditEventDefinition,
  type AuditEventName,
  type CatalogueName,
} from './catalogue/catalogue.js';
export { AuditContext } from './context/audit-context.js';
export type { AuditAnnotation, AuditScopeValues } from './context/audit-scope.js';
export type { ProviderHealth } from './delivery/provider-health.js';
export type { AuditReceipt, DeliveryResult } from './delivery/receipt.js';
export { AuditUnavailableError } from './errors/audit-unavailable.error.js';
export { AuditError } from './errors/audit.error.js';
export { errorCode, errorMessage } from './errors/error-facts.js';
export { DuplicateBackendError } from './errors/duplicate-backend.error.js';
export { InvalidEventDefinitionError } from './errors/invalid-event-definition.error.js';
export { InvalidEventNameError } from './errors/invalid-event-name.error.js';
export { InvalidOptionsError } from './errors/invalid-options.error.js';
export { InvalidProviderError } from './errors/invalid-provider.error.js';
export { ModuleMisusedError } from './errors/module-misused.error.js';
export { UnknownBackendError } from './errors/unknown-backend.error.js';
export type {
  AuditActor,
  AuditChanges,
  AuditErrorFacts,
  AuditEvent,
  AuditPrincipal,
  AuditRequest,
  AuditResource,
  JsonObject,
  JsonValue,
} from './event/audit-event.js';
export type { AuditActorInput, AuditInput, AuditResourceInput } from './event/audit-input.js';
export { maskSecrets } from './event/sensitive-values.js';
export {
  ACTOR_TYPES,
  OUTCOMES,
  SEVERITIES,
  type AuditActorType,
  type AuditOutcome,
  type AuditSeverity,
} from './event/outcomes.js';
export { AuditProvider, type AuditProviderOptions, type ProviderScope } from './provider/audit-provider.js';
