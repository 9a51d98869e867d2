/**
 * Exports the part of the core that does not need Nest: the errors, and the code that reads and writes events. The command line imports
 * only this module, so that commands start faster.
 */
export * from '../base/errors/audit.error.js';
export * from '../base/errors/declare-errors.js';
export * from '../base/errors/error-codes.generated.js';
export * from '../base/errors/error-facts.js';
export * from '../base/event/fact-shapes.js';
export * from '../base/event/outcomes.js';
export * from '../base/event/request-fields.js';
export * from '../base/json/canonical-json.js';
export * from '../base/json/field-shapes.js';
export * from '../base/json/parse-json.js';
export * from '../base/read-safely.js';
export * from '../base/secrets/redact-names.js';
export * from '../base/secrets/redact-values.js';
export * from '../base/sync-folder.js';
export * from '../base/text-file.js';
export * from '../base/timers.js';
export * from '../base/with-timeout.js';
export { AuditReason, type AuditReasonOptions } from './capture/audit-reason.decorator.js';
export { buildOwnEvent } from './build-own-event.js';
export { Catalogue } from './catalogue/catalogue.js';
export { OwnController } from './coverage/own-controllers.js';
export {
  defineAuditEvents,
  type AuditEventDefinition,
  type DefinedAuditEvents,
} from './catalogue/define-audit-events.js';
export type { AuditEventName, EventDetails } from './catalogue/define-audit-events.js';
export { AuditContext } from './context/audit-context.js';
export type { AuditAnnotation, AuditScopeValues } from './context/audit-scope.js';
export type { AuditReceipt } from './delivery/receipt.js';
export type { SpillStatus } from './delivery/spill/spill-folder.js';
export { adoptSpill } from './delivery/spill/manage-spill.js';
export { listSpill, type SpillListing, type SpilledBackend } from './delivery/spill/manage-spill.js';
export { dropDeadLetters, replayDeadLetters } from './delivery/spill/manage-spill.js';
export { signContext } from './row-context/sign-context.js';
export { getOwnPackage } from './own-package.js';
export { requireModule, noteModule } from './require-module.js';
export { auditErrors, type OptionalExtension } from './errors/audit.errors.js';
export { findMisspelledName, findNearestName } from './errors/nearest-name.js';
export { findUnknownOptions } from './errors/unknown-options.js';
export { MAX_RELATED } from './event/audit-event.js';
export type {
  AuditActor,
  AuditChanges,
  AuditEvent,
  AuditPrincipal,
  AuditResource,
  JsonObject,
  JsonValue,
} from './event/audit-event.js';
export type { AuditActorInput, AuditInput, AuditResourceInput } from './event/audit-input.js';
export { EVENT_NAME_PATTERN } from './catalogue/event-name.js';
export { normalizeIp } from './event/normalize-ip.js';
export { createPseudonymizer, createPersonalNameTest } from './event/redaction/anonymize.js';
export { buildCatalogueFactRules } from './catalogue/listed-event-types.js';
export type { FactRules, FieldRule } from './event/fact-rules.js';
export { diffValues, type AuditDiffEntry } from './event/diff-values.js';
export { foldText } from './event/fold-text.js';
export {
  getSource,
  type TransactionManager,
  type TransactionScope,
  type TransactionSource,
} from './transaction/transaction-manager.js';
export {
  AuditedEntity,
  findRuleProblems,
  getEntityRules,
  type TableRules,
} from './row-changes/audited-entity.decorator.js';
export { WRITER_KEY_FILE, WriterKeys } from './writer-keys.js';
export { makeContextKeyFile, padContextKey, readContextKey, type PaddedContextKey } from './row-context/context-key.js';
