/** The entry `nestjs-audit-ledger`. The library's own extensions and commands also use `internal.ts` and `nest-free.ts`. */
export {
  AuditContext,
  AuditedEntity,
  AuditError,
  AuditReason,
  defineAuditEvents,
  InconsistentError,
  InvalidError,
  MissingError,
  RefusedError,
  UnavailableError,
} from './nest-free.js';
export type {
  AuditActor,
  AuditActorInput,
  AuditActorType,
  AuditAnnotation,
  AuditChanges,
  AuditDetailsIssue,
  AuditDiffEntry,
  AuditErrorCode,
  AuditEvent,
  AuditEventDefinition,
  AuditEventName,
  AuditInput,
  AuditOutcome,
  AuditReasonOptions,
  AuditReceipt,
  AuditRequest,
  AuditResource,
  AuditResourceInput,
  AuditScopeValues,
  AuditSeverity,
  CalledRequest,
  DefinedAuditEvents,
  EventDetails,
  JsonObject,
  JsonValue,
  ScopedRequest,
  SpillStatus,
  TableRules,
  TransactionManager,
  TransactionScope,
} from './nest-free.js';
export { AuditAggregator, type PreparedEvent, type RecordOptions } from './audit-aggregator.service.js';
export type { AuditModuleAsyncOptions, AuditModuleOptions, RedactionOptions } from './audit-options.js';
export { AuditModule } from './audit.module.js';
export type { AuditedCall, AuditedOptions } from './capture/audited-options.js';
export { Audited, isAudited, NotAudited } from './capture/audited.decorator.js';
// Exported with a star, since a module augmentation does not merge with an interface that is named in an export list.
export * from './catalogue/define-audit-events.js';
export { ActionLogger, type LogActionCall } from './adapters/action-logger.service.js';
export { AuditTrail, type AuditAttempt, type TrailCall } from './adapters/audit-trail.service.js';
export { EventLogger, type LogEventCall } from './adapters/event-logger.service.js';
export {
  ActionResult,
  AuditAction,
  AuditEventType,
  AuditLogLevel,
  AuthEventType,
  Severity,
} from './adapters/compatibility-constants.js';
export { AuthAudit } from './adapters/auth-audit.service.js';
export { auditCoverage, type AuditCoverage } from './coverage/audit-coverage.js';
export {
  assessHealth,
  type AuditHealth,
  type DeliveryStatus,
  type ProviderHealth,
} from './delivery/delivery-status.js';
export { AuditHttpException } from './errors/http.error.js';
export {
  AuditedTransaction,
  type AuditedTransactionOptions,
  type TransactionSettings,
} from './transaction/audited-transaction.decorator.js';
export {
  AuditProvider,
  type AuditProviderOptions,
  type AuditSubject,
  type ProviderScope,
} from './provider/audit-provider.js';
export { auditedPg, type AuditedPgOptions, type PgClasses } from './row-context/audited-pg.js';
