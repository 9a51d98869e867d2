export * from './plain.js';
export { AuditAggregator, type PreparedEvent, type RecordOptions } from './audit-aggregator.service.js';
export type {
  AuditDelivery,
  AuditDetailsValidation,
  AuditFailurePolicy,
  AuditModuleAsyncOptions,
  AuditModuleOptions,
  AuditRedactionMode,
  RedactionOptions,
} from './audit-options.js';
export { AuditModule } from './audit.module.js';
export type { AuditedCall, AuditedOptions, UncheckedValue } from './capture/audited-options.js';
export { Audited, isAudited, NotAudited, type CalledHandler } from './capture/audited.decorator.js';
// Exported with a star, since a module augmentation does not merge with an interface that is named in an export list.
export * from './catalogue/audit-event-registry.js';
export { ActionLogger, type LogActionCall } from './adapters/action-logger.service.js';
export { AuditTrail, type AttemptEnd, type AuditAttempt, type TrailCall } from './adapters/audit-trail.service.js';
export { EventLogger, type LogEventCall, type LogEventOptions } from './adapters/event-logger.service.js';
export {
  ActionResult,
  AuditAction,
  AuditEventType,
  AuditLogLevel,
  AuthEventType,
  Severity,
} from './adapters/given-names.js';
export { AuthAudit } from './adapters/auth-audit.service.js';
export {
  auditCoverage,
  auditedRoutes,
  describeCoverage,
  type AuditCoverage,
  type AuditedRoute,
} from './coverage/audit-coverage.js';
export type { HttpRoute } from './coverage/http-routes.js';
export type { AnsweredBatch, BatchListener } from './delivery/call-provider.js';
export {
  judgeHealth,
  type AuditHealth,
  type AuditHealthState,
  type DeliveryStatus,
  type ProviderHealth,
} from './delivery/delivery-status.js';
export type { LostEvents } from './delivery/spill/backend-overflow.js';
export { AuditOutcomeLostError, AuditUnavailableError } from './errors/audit-unavailable.error.js';
export {
  ReasonRequiredError,
  RequiredContextError,
  type RequiredContextField,
} from './errors/required-context.error.js';
export type { Elsewhere } from './event-factory.service.js';
export type { PrivacyOptions } from './event-redaction.js';
export {
  AuditedTransaction,
  type AuditedTransactionOptions,
  type TransactionSettings,
} from './transaction/audited-transaction.decorator.js';
export type { TransactionOptions } from './transaction/choose-transaction.js';
export type { CommitStatement, TransactionScope } from './transaction/transaction-manager.js';
export { PersonalNames } from './personal-names.service.js';
export { auditBackends } from './provider/provider-discovery.service.js';
export {
  AuditProvider,
  type AuditProviderOptions,
  type AuditSubject,
  type ProviderScope,
} from './provider/audit-provider.js';
export { auditedPg, type AuditedPgOptions, type PgClasses } from './row-context/audited-pg.js';
export type { RowContext } from './row-context/context-signer.js';
