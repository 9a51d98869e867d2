export type { AuditMigration, MigrationRunner } from '../../../migrations/audit-migration.types.js';
export { AUDIT_MIGRATIONS, ROOM_MIGRATIONS, type AuditRoom } from '../../../migrations/audit-migrations.js';
export { AuditBaseline1763600000400 } from '../../../migrations/1763600000400-audit-baseline.js';
export { LedgerAddressError } from './errors/ledger-address.error.js';
export { LedgerUnavailableError } from './errors/ledger-unavailable.error.js';
export { describeRead, type ReadFacts } from './access/ledger-reads.js';
export { InvalidAccessError } from './access/invalid-access.error.js';
export type { AuthorizeLedger, LedgerAccess, LedgerPermission } from './access/ledger-access.js';
export { LEDGER_READS, type LedgerRead } from './access/ledger-reads.js';
export { AuditExports, type StartedExport } from './export/audit-exports.service.js';
export { EXPORT_FORMATS, type ExportFormat } from './export/export-format.js';
export type { ExportManifest } from './export/export-manifest.js';
export { ExportRequestError, ExportsBusyError } from './export/export-request.error.js';
export { cloudEventOf, type CloudEvent } from './export/formats/cloud-event.js';
export { CSV_HEADER, csvLineOf } from './export/formats/csv.js';
export { OCSF_MAPPING_VERSION, OCSF_VERSION, ocsfEventOf, type OcsfEvent } from './export/formats/ocsf.js';
export type { ExportFilters, ExportRequest } from './export/ledger-export.js';
export { AuditExportController } from './http/audit-export.controller.js';
export { AuditEventsController } from './http/audit-events.controller.js';
export { AuditResourcesController } from './http/audit-resources.controller.js';
export { AuditStatsController } from './http/audit-stats.controller.js';
export { IntegrityViolationError } from './verify/self-check/self-check.error.js';
export { SelfCheck, type SelfCheckStatus } from './verify/self-check/self-check.service.js';
export { LedgerInconsistentError } from './sequencer/sequencer.error.js';
export type { SignedCheckpoint } from './log/notes/checkpoint.js';
export { Sequencer, type CheckpointListener, type SequencerStatus } from './sequencer/sequencer.service.js';
export { LogReader, type StoredCheckpoint } from './store/log-reading/log-reader.service.js';
export { EntriesAlteredError, EntriesMissingError, TileMissingError } from './store/log-reading/reading.error.js';
export type { WitnessOptions } from './publishing/publishing-options.js';
export { UnpublishedCheckpointError, WitnessRefusedError } from './publishing/publishing.error.js';
export { AuditCheckpointsController } from './http/audit-checkpoints.controller.js';
export { AuditEntriesController } from './http/audit-entries.controller.js';
export { CheckpointSigner } from './signing/checkpoint-signer.service.js';
export type { CheckpointMemory } from './signing/last-signed.js';
export type { LedgerSigner } from './signing/signing-options.js';
export { LedgerProvider } from './ledger.provider.js';
export type { ArchiveQueryOptions } from './query/archived/archive-query-options.js';
export type { MonitoringAsyncOptions, MonitoringOptions } from './monitoring-options.js';
export { AuditMetricsController } from './http/audit-metrics.controller.js';
export { AuditMetrics } from './metrics/audit-metrics.service.js';
export { PartitionsMissingError, SealingLateError } from './errors/ledger-attention.error.js';
export { describeLedger, type OpenApiDocument } from './http/openapi/describe-ledger.js';
export { MonitoringModule } from './monitoring.module.js';
export type { RoomAsyncOptions } from './room.module.js';
export { migrateLedger, type MigratedLedger, type MigrateLedgerOptions } from './store/schema/migrate-ledger.js';
export { auditMigrationsIn } from './store/schema/migrations-in-schema.js';
export { SchemaUnusableError } from './store/schema/schema.error.js';
export type { ArchivedNote, EventPage } from './query/ledger-event.dto.js';
export { PackageMissingError } from './errors/package-missing.error.js';
export { AuditQuery } from './query/audit-query.service.js';
export {
  AuditHistory,
  type EntityHistory,
  type EntityBlame,
  type EntityState,
} from './query/records/audit-history.service.js';
export { UnknownEntityError } from './query/records/unknown-entity.error.js';
export type { JoinedChanges, LedgerEvent, ResourceName } from './query/ledger-event.js';
export type {
  EventReference,
  FieldBlame,
  OperationEvent,
  OperationStory,
  RecordBlame,
  RecordState,
  UnknownPart,
  UnknownReason,
} from './query/records/record.dto.js';
export type { Relation } from './query/event-query.dto.js';
export type { EventOverview, OverviewEstimate, OverviewGroup, OverviewStep } from './query/overview/overview.dto.js';
export { AuditOverview } from './query/overview/audit-overview.service.js';
export type { Neighbours, NewerEvents } from './query/ledger-event.dto.js';
export { SealedEvents, type NewerOptions } from './query/places/sealed-events.service.js';
export { OverviewQuery } from './query/overview/overview.dto.js';
export type { EventStats, StatsGroup, StatsStep } from './query/event-stats.dto.js';
export { EventFilters } from './query/event-filters.dto.js';
export type { ArchiveLine } from './archive/archive-line.js';
export type { ArchiveManifest } from './archive/archive-manifest.js';
export type { ArchiveStore } from './archive/archive-store.js';
export { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from './archive/archive.error.js';
export { Archives, type ErasedArchive } from './archive/archives.js';
export { FolderArchiveStore } from './archive/folder-archive-store.js';
export { verifyArchive, type ArchiveVerification } from './archive/verify-archive.js';
export type { HoldRequest, LegalHold } from './lifecycle/holds/legal-hold.dto.js';
export { LegalHolds } from './lifecycle/holds/legal-holds.service.js';
export { InvalidHoldError, UnknownHoldError } from './lifecycle/holds/holds.error.js';
export { RetentionError } from './lifecycle/retention/retention.error.js';
export { readRetentionFile } from './lifecycle/retention/retention-file.js';
export { RetentionFileError } from './lifecycle/retention/retention.error.js';
export type { RetentionDays, RetentionOptions, RetentionRules } from './lifecycle/retention/retention-policy.js';
export type { RetentionReport } from './lifecycle/retention/retention-run.js';
export { Retention, type RetentionPlan } from './lifecycle/retention/retention.service.js';
export type { MonthSurvey } from './lifecycle/retention/survey.js';
export { AuditHoldsController } from './http/audit-holds.controller.js';
export type { Comparisons, Given, GivenInOrder, OneOrMore, Ranges, Scalar } from './query/given-values.js';
export type { ValuesByPath } from './query/event-filters.dto.js';
export type { StatsBy } from './query/stats-by.js';
export { EventQuery } from './query/event-query.dto.js';
export { InvalidQueryError } from './query/invalid-query.error.js';
export { QueryTooSlowError } from './store/sessions/session.error.js';
export { StatsQuery } from './query/stats-query.dto.js';
export { describeFinding, type Finding } from './verify/finding.js';
export type { VerifyThreads } from './verify/range-workers.js';
export { serveRanges } from './verify/range-workers.js';
export type { Verification } from './verify/verification.js';
export { verifyFolder, type VerifyFolderOptions } from './verify/verify-folder.js';
export { verifyLedger, type VerifyLedgerOptions } from './verify/verify-ledger.js';
export { VerifyRequestError } from './verify/verify-request.error.js';
export { AuditErasuresController } from './http/audit-erasures.controller.js';
export { AuditSubjectsController } from './http/audit-subjects.controller.js';
export { AuditPrivacy } from './lifecycle/erasure/audit-privacy.service.js';
export { verifyCertificate, type CheckpointHead, type ErasureCertificate } from './lifecycle/erasure/certificate.js';
export type {
  Erasure,
  ErasureCounts,
  ErasureRelation,
  ErasureRemains,
  ErasureState,
} from './lifecycle/erasure/erasure.dto.js';
export type { ErasureOptions, ErasureRequester } from './lifecycle/erasure/progress.js';
export { InvalidCertificateError, InvalidErasureError } from './lifecycle/erasure/privacy.error.js';
export { reportHtml } from './lifecycle/erasure/report-html.js';
export { reportJson } from './lifecycle/erasure/report-json.js';
export type { ReportedEvent, ReportPart } from './lifecycle/erasure/subject-report.js';
