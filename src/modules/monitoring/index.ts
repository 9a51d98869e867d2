export { AuditLedger1763600000400 } from '../../../migrations/1763600000400-audit-ledger.js';
export { LedgerUnavailableError } from './errors/ledger-unavailable.error.js';
export { AuditIntegrity1763600000500 } from '../../../migrations/1763600000500-audit-integrity.js';
export { AuditRoles1763600000600 } from '../../../migrations/1763600000600-audit-roles.js';
export { AuditRetention1763600000700 } from '../../../migrations/1763600000700-audit-retention.js';
export { AuditErasure1763600000800 } from '../../../migrations/1763600000800-audit-erasure.js';
export { InvalidAccessError, type AuthorizeLedger, type LedgerAccess, type LedgerPermission } from './access/index.js';
export { AuditEventsController } from './http/audit-events.controller.js';
export { IntegrityViolationError, SelfCheck, type SelfCheckStatus } from './integrity/self-check/index.js';
export {
  LedgerInconsistentError,
  Sequencer,
  type CheckpointListener,
  type SequencerStatus,
  type SignedCheckpoint,
} from './integrity/sequencer/index.js';
export { EntriesMissingError, LogReader, TileMissingError, type StoredCheckpoint } from './integrity/reading/index.js';
export { UnpublishedCheckpointError, WitnessRefusedError, type WitnessOptions } from './integrity/publishing/index.js';
export { AuditCheckpointsController } from './http/audit-checkpoints.controller.js';
export { AuditEntriesController } from './http/audit-entries.controller.js';
export { CheckpointSigner } from './integrity/signing/index.js';
export { LedgerProvider } from './ledger/ledger.provider.js';
export type { MonitoringAsyncOptions, MonitoringOptions } from './monitoring-options.js';
export { MonitoringModule } from './monitoring.module.js';
export {
  ArchiveInvalidError,
  ArchiveMissingError,
  Archives,
  FolderArchiveStore,
  verifyArchive,
  type ArchiveLine,
  type ArchiveManifest,
  type ArchiveSigner,
  type ArchiveStore,
  type ArchiveVerification,
  type ErasedArchive,
} from './archive/index.js';
export type { HoldCover, HoldRequest, LegalHold } from './retention/holds.js';
export { LegalHolds } from './retention/legal-holds.service.js';
export { InvalidHoldError, RetentionError, UnknownHoldError } from './retention/retention.errors.js';
export type { RetentionDays, RetentionOptions, RetentionRules } from './retention/retention-policy.js';
export type { RetentionReport } from './retention/retention-run.js';
export { Retention, type RetentionPlan } from './retention/retention.service.js';
export type { MonthSurvey } from './retention/survey.js';
export { AuditHoldsController } from './http/audit-holds.controller.js';
export { AuditQuery, type EventPage, type LedgerEvent } from './query/audit-query.service.js';
export { EventQuery } from './query/event-query.dto.js';
export {
  describeFinding,
  serveRanges,
  verifyFolder,
  verifyLedger,
  VerifyRequestError,
  type Finding,
  type Verification,
  type VerifyFolderOptions,
  type VerifyLedgerOptions,
  type VerifyThreads,
} from './integrity/verify/index.js';
export { AuditErasuresController } from './http/audit-erasures.controller.js';
export { AuditSubjectsController } from './http/audit-subjects.controller.js';
export {
  AuditPrivacy,
  InvalidCertificateError,
  InvalidErasureError,
  reportHtml,
  reportJson,
  verifyCertificate,
  type CheckpointHead,
  type Erasure,
  type ErasureCertificate,
  type ErasureCounts,
  type ErasureOptions,
  type ErasureRelation,
  type ErasureRequester,
  type ErasureState,
  type ReportedEvent,
  type ReportPart,
} from './privacy/index.js';
