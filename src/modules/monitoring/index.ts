export type { AuditMigration, MigrationRunner } from '../../../migrations/audit-migration.types.js';
export { AUDIT_MIGRATIONS } from '../../../migrations/audit-migrations.js';
export { AuditLedger1763600000400 } from '../../../migrations/1763600000400-audit-ledger.js';
export { LedgerAddressError } from './errors/ledger-address.error.js';
export { LedgerUnavailableError } from './errors/ledger-unavailable.error.js';
export { AuditIntegrity1763600000500 } from '../../../migrations/1763600000500-audit-integrity.js';
export { AuditRoles1763600000600 } from '../../../migrations/1763600000600-audit-roles.js';
export { AuditRetention1763600000700 } from '../../../migrations/1763600000700-audit-retention.js';
export { AuditErasure1763600000800 } from '../../../migrations/1763600000800-audit-erasure.js';
export {
  InvalidAccessError,
  LEDGER_READS,
  type AuthorizeLedger,
  type LedgerAccess,
  type LedgerPermission,
  type LedgerRead,
} from './access/index.js';
export {
  AuditExports,
  cloudEventOf,
  CSV_HEADER,
  csvLineOf,
  EXPORT_FORMATS,
  ExportRequestError,
  ExportsBusyError,
  InvalidManifestError,
  OCSF_MAPPING_VERSION,
  OCSF_VERSION,
  ocsfEventOf,
  type CloudEvent,
  type ExportFilters,
  type ExportFormat,
  type ExportManifest,
  type ExportRequest,
  type OcsfEvent,
  type StartedExport,
} from './export/index.js';
export { AuditExportController } from './http/audit-export.controller.js';
export { AuditEventsController } from './http/audit-events.controller.js';
export { AuditResourcesController } from './http/audit-resources.controller.js';
export { AuditStatsController } from './http/audit-stats.controller.js';
export { describeRead, type ReadFacts } from './http/record-read.js';
export { IntegrityViolationError, SelfCheck, type SelfCheckStatus } from './integrity/self-check/index.js';
export {
  LedgerInconsistentError,
  Sequencer,
  type CheckpointListener,
  type SequencerStatus,
  type SignedCheckpoint,
} from './integrity/sequencer/index.js';
export {
  EntriesAlteredError,
  EntriesMissingError,
  LogReader,
  TileMissingError,
  type StoredCheckpoint,
} from './integrity/reading/index.js';
export { UnpublishedCheckpointError, WitnessRefusedError, type WitnessOptions } from './integrity/publishing/index.js';
export { AuditCheckpointsController } from './http/audit-checkpoints.controller.js';
export { AuditEntriesController } from './http/audit-entries.controller.js';
export { CheckpointSigner } from './integrity/signing/index.js';
export { LedgerProvider } from './ledger/ledger.provider.js';
export type { ArchiveQueryOptions, MonitoringAsyncOptions, MonitoringOptions } from './monitoring-options.js';
export { AuditMetrics, AuditMetricsController } from './metrics/index.js';
export { PartitionsMissingError, SealingLateError } from './errors/ledger-attention.errors.js';
export { MonitoringModule } from './monitoring.module.js';
export {
  auditMigrationsIn,
  migrateLedger,
  SchemaUnusableError,
  type MigratedLedger,
  type MigrateLedgerOptions,
} from './schema/index.js';
export type { ArchivedNote } from './query/archived/archived-note.js';
export { PackageMissingError } from './errors/package-missing.error.js';
export { AuditQuery, type EventPage, type ResourceName } from './query/audit-query.service.js';
export type { LedgerEvent } from './query/ledger-event.js';
export type { EventStats, StatsGroup, StatsStep } from './query/count-events.js';
export { EventFilters } from './query/event-filters.dto.js';
export {
  ArchiveInvalidError,
  ArchiveMissingError,
  ArchiveUnreadableError,
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
export { readRetentionFile, RetentionFileError } from './retention/retention-file.js';
export type { RetentionDays, RetentionOptions, RetentionRules } from './retention/retention-policy.js';
export type { RetentionReport } from './retention/retention-run.js';
export { Retention, type RetentionPlan } from './retention/retention.service.js';
export type { MonthSurvey } from './retention/survey.js';
export { AuditHoldsController } from './http/audit-holds.controller.js';
export type { Comparisons, Given, GivenInOrder, OneOrMore, Ranges, Scalar } from './query/given-values.js';
export type { ValuesByPath } from './query/event-filters.dto.js';
export type { StatsBy } from './query/stats-by.js';
export { EventQuery } from './query/event-query.dto.js';
export { InvalidQueryError, QueryTooSlowError } from './query/query.errors.js';
export { StatsQuery } from './query/stats-query.dto.js';
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
  type ErasureRemains,
  type ErasureOptions,
  type ErasureRelation,
  type ErasureRequester,
  type ErasureState,
  type ReportedEvent,
  type ReportPart,
} from './privacy/index.js';
