export { AuditAggregator, type RecordOptions } from './audit-aggregator.js';
export type { AuditFailurePolicy, AuditModuleAsyncOptions, AuditModuleOptions } from './audit-options.js';
export { AuditModule } from './audit.module.js';
export { ActionLogger, type LogActionCall } from './call-shapes/action-logger.service.js';
export { type AttemptEnd, type AuditAttempt } from './call-shapes/audit-attempt.js';
export { AuditTrail, type TrailCall } from './call-shapes/audit-trail.service.js';
export type { CallContext, CallId } from './call-shapes/call-context.js';
export {
  EventLogger,
  type LogEventCall,
  type LogEventOptions,
  type LogLevel,
} from './call-shapes/event-logger.service.js';
export {
  Audited,
  NotAudited,
  type AuditedCall,
  type AuditedOptions,
  type UncheckedValue,
} from './capture/audited.decorator.js';
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
export type { PrivacyOptions } from './event-factory.js';
export { diffValues, type AuditDiffEntry } from './event/diff-values.js';
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
