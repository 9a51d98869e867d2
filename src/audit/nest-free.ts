/**
 * Exports the part of the core that does not need Nest: the errors, and the code that reads and writes events. The command line imports
 * only this module, so that commands start faster.
 */
export { AuditReason, type AuditReasonOptions } from './capture/audit-reason.decorator.js';
export { buildOwnEvent } from './build-own-event.js';
export { Catalogue } from './catalogue/catalogue.js';
export { OwnController } from './coverage/own-controllers.js';
export {
  defineAuditEvents,
  type AuditEventDefinition,
  type DefinedAuditEvents,
} from './catalogue/define-audit-events.js';
export type { AuditEventName, DetailsOf } from './catalogue/details-of.js';
export { AuditContext } from './context/audit-context.js';
export type { AuditAnnotation, AuditScopeValues } from './context/audit-scope.js';
export type { AuditReceipt } from './delivery/receipt.js';
export { throwTimeout, withTimeout } from '../base/with-timeout.js';
export type { SpillStatus } from './delivery/spill/spill-folder.js';
export { adoptSpill } from './delivery/spill/adopt-spill.js';
export { acknowledgeLosses, listSpill, type SpillListing, type SpilledBackend } from './delivery/spill/list-spill.js';
export { dropDeadLetters, replayDeadLetters } from './delivery/spill/release-dead-letters.js';
export { signContext } from './row-context/sign-context.js';
export { syncFolder } from '../base/sync-folder.js';
export { ownPackage } from './own-package.js';
export { decodeTextFile, readTextFile } from '../base/text-file.js';
export { needModule, noteModule } from './needed-modules.js';
export {
  AuditError,
  InconsistentError,
  InvalidError,
  MissingError,
  RefusedError,
  UnavailableError,
} from '../base/errors/audit.error.js';
export type { AuditDetailsIssue } from '../base/errors/audit.error.js';
export { auditErrors, type OptionalRoom } from './errors/audit.errors.js';
export { declareErrors } from '../base/errors/declare-errors.js';
export type { AuditErrorCode } from '../base/errors/error-codes.generated.js';
export { errorCode, errorMessage, hasCode } from '../base/errors/error-facts.js';
export { misspeltName, nearestName } from './errors/nearest-name.js';
export { unknownOptions } from './errors/unknown-options.js';
export { MOST_RELATED } from './event/audit-event.js';
export type {
  AuditActor,
  AuditChanges,
  AuditEvent,
  AuditPrincipal,
  AuditResource,
  JsonObject,
  JsonValue,
} from './event/audit-event.js';
export { readFieldSafely } from '../base/read-safely.js';
export {
  REQUEST_ROWS,
  type AuditRequest,
  type CalledRequest,
  type RequestField,
  type RequestFields,
  type ScopedRequest,
} from '../base/event/request-fields.js';
export type { AuditActorInput, AuditInput, AuditResourceInput } from './event/audit-input.js';
export { EVENT_NAME_PATTERN } from './catalogue/event-name.js';
export { normalizeIp } from './event/normalize-ip.js';
export { pseudonymizer, personalNameTest } from './event/redaction/anonymize.js';
export { catalogueFactRules } from './catalogue/known-facts.js';
export type { FactRules, FieldRule } from './event/fact-rules.js';
export { isErrorCodeShape, isErrorNameShape, isFieldNameShape, isIdShape } from '../base/event/fact-shapes.js';
export { canonicalField, canonicalJson, type CanonicalField } from '../base/json/canonical-json.js';
export { FieldShapes } from '../base/json/field-shapes.js';
export { diffValues, type AuditDiffEntry } from './event/diff-values.js';
export { foldText } from './event/fold-text.js';
export { isTokenCount, REDACTED, secretNameTest } from '../base/secrets/redact-names.js';
export { maskSecrets } from '../base/secrets/redact-values.js';
export {
  ACTOR_TYPES,
  isOneOf,
  OUTCOMES,
  SEVERITIES,
  type AuditActorType,
  type AuditOutcome,
  type AuditSeverity,
} from '../base/event/outcomes.js';
export {
  sourceOf,
  type CommitStatement,
  type TransactionManager,
  type TransactionScope,
  type TransactionSource,
} from './transaction/transaction-manager.js';
export {
  AuditedEntity,
  problemsOfRules,
  rulesOfEntity,
  type TableRules,
} from './row-changes/audited-entity.decorator.js';
export { WRITER_KEY_FILE, WriterKeys } from './writer-keys.js';
export { makeContextKeyFile, padContextKey, readContextKey, type PaddedContextKey } from './row-context/context-key.js';
export { parseJson, parseModestJson } from '../base/json/parse-json.js';
export {
  clearInterval,
  clearTimeout,
  nextTurn,
  pause,
  queueMicrotask,
  setImmediate,
  setTimeout,
} from '../base/timers.js';
