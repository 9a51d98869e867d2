export type { AuditMigration, MigrationRunner } from '../../../migrations/audit-migration.types.js';
export { AUDIT_MIGRATIONS } from '../../../migrations/audit-migrations.js';
export { AuditBaseline1763600000400 } from '../../../migrations/1763600000400-audit-baseline.js';
export { LedgerAddressError } from './errors/ledger-address.error.js';
export { LedgerUnavailableError } from './errors/ledger-unavailable.error.js';
export { describeRead, type ReadFacts } from './access/describe-read.js';
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
export { InvalidManifestError } from './export/invalid-manifest.error.js';
export type { ExportFilters, ExportRequest } from './export/ledger-export.js';
export { AuditExportController } from './http/audit-export.controller.js';
export { AuditEventsController } from './http/audit-events.controller.js';
export { AuditResourcesController } from './http/audit-resources.controller.js';
export { AuditStatsController } from './http/audit-stats.controller.js';
export { IntegrityViolationError } from './verify/self-check/integrity-violation.error.js';
export { SelfCheck, type SelfCheckStatus } from './verify/self-check/self-check.service.js';
export { LedgerInconsistentError } from './sequencer/ledger-inconsistent.error.js';
export type { SignedCheckpoint } from './sequencer/log-sequencer.js';
export { Sequencer, type CheckpointListener, type SequencerStatus } from './sequencer/sequencer.service.js';
export { LogReader, type StoredCheckpoint } from './store/log-reading/log-reader.service.js';
export { EntriesAlteredError, EntriesMissingError, TileMissingError } from './store/log-reading/reading.error.js';
export type { WitnessOptions } from './publishing/publishing-options.js';
export { UnpublishedCheckpointError, WitnessRefusedError } from './publishing/publishing.error.js';
export { AuditCheckpointsController } from './http/audit-checkpoints.controller.js';
export { AuditEntriesController } from './http/audit-entries.controller.js';
export { CheckpointSigner } from './signing/checkpoint-signer.service.js';
export { LedgerProvider } from './ledger.provider.js';
export type { ArchiveQueryOptions } from './query/archived/archive-query-options.js';
export type { MonitoringAsyncOptions, MonitoringOptions } from './monitoring-options.js';
export { AuditMetricsController } from './metrics/audit-metrics.controller.js';
export { AuditMetrics } from './metrics/audit-metrics.service.js';
export { PartitionsMissingError, SealingLateError } from './errors/ledger-attention.error.js';
export { AuditedEntity, type TableRules } from '../../audit/plain.js';
export type { CaptureOptions } from '../row-changes/capture-options.js';
export {
  CaptureError,
  ReconcileError,
  RowChangesLateError,
  RowChangesParkedError,
} from '../row-changes/capture.error.js';
export { CaptureWatch, type CaptureWatchStatus } from '../row-changes/attest/capture-watch.service.js';
export { reconcileLedger, type ReconcileOptions } from '../row-changes/reconcile/reconcile-ledger.js';
export type {
  Mismatch,
  MismatchKind,
  ReconciledTable,
  Reconciliation,
} from '../row-changes/reconcile/reconciliation.js';
export { installCapture, type InstallableSource } from '../row-changes/install-capture.js';
export { CaptureCheck } from '../row-changes/capture-check.service.js';
export { RowChangeDrain, type DrainRole, type DrainStatus } from '../row-changes/row-change-drain.service.js';
export type { StreamFilter } from '../streams/selection.js';
export type { BatchOptions, StreamOptions } from '../streams/streams-options.js';
export type { PersonalChoice } from '../streams/personal-choice.js';
export type { DestinationOptions } from '../streams/destinations/destination-types.js';
export type { DatadogDestinationOptions } from '../streams/destinations/datadog.destination.js';
export type { ElasticDestinationOptions } from '../streams/destinations/elastic.destination.js';
export type { EmailDestinationOptions } from '../streams/destinations/email.destination.js';
export type { KafkaDestinationOptions } from '../streams/destinations/kafka.destination.js';
export type { NatsDestinationOptions } from '../streams/destinations/nats.destination.js';
export type { OtlpDestinationOptions } from '../streams/destinations/otlp.destination.js';
export type { S3DestinationOptions } from '../streams/destinations/s3.destination.js';
export type { SplunkDestinationOptions } from '../streams/destinations/splunk.destination.js';
export type { SyslogDestinationOptions } from '../streams/destinations/syslog.destination.js';
export type { FileDestinationOptions } from '../streams/destinations/file.destination.js';
export type { WebhookDestinationOptions } from '../streams/destinations/webhook.destination.js';
export { PrivateAddressError } from '../streams/destinations/private-address.error.js';
export type { Acknowledgement, GapRecord, StreamBatch, StreamedEvent } from '../streams/stream-destination.js';
export type { StreamReport } from '../streams/stream-report.js';
export type { WatchOptions } from '../watch/watch-options.js';
export type { ReviewOptions } from '../watch/review/review-options.js';
export { ReviewOpener } from '../watch/review/review-opener.service.js';
export type { IngestOptions, JetStreamIngestOptions } from '../jetstream/ingest-options.js';
export {
  IngestBlockedError,
  IngestLateError,
  IngestTakenOverError,
  IngestUnavailableError,
  IngestUnsafeError,
} from '../jetstream/ingest.error.js';
export { Reviews } from '../watch/review/reviews.service.js';
export { InvalidReviewError, ReviewRefusedError, UnknownReviewError } from '../watch/review/review.error.js';
export { Canaries } from '../watch/canaries/canaries.service.js';
export type { RuleTuning } from '../watch/rules/tune-rules.js';
export type {
  Acknowledgement as AlertAcknowledgement,
  Alert,
  AlertActor,
  AlertState,
  Resolution,
  Verdict,
} from '../watch/alerts/alert.js';
export { AlertQuery } from '../watch/alerts/alert-query.dto.js';
export { AlertSuppressedError, InvalidSuppressionError } from '../watch/alerts/alert.error.js';
export { Alerts, type AlertPage, type AlertWithEvents, type AnsweredAlert } from '../watch/alerts/alerts.service.js';
export type { Suppression, SuppressionTarget } from '../watch/alerts/suppression.js';
export { Suppressions, type NewSuppression, type SuppressionPage } from '../watch/alerts/suppressions.service.js';
export { WatchRunner } from '../watch/watch-runner.service.js';
export { StreamRunner, type StreamRole, type StreamTotals } from '../streams/stream-runner.service.js';
export {
  StreamFailingError,
  StreamGoneError,
  StreamLateError,
  StreamParkedError,
  StreamTakenOverError,
  StreamUnknownError,
} from '../streams/streams.error.js';
export { MonitoringModule } from './monitoring.module.js';
export { migrateLedger, type MigratedLedger, type MigrateLedgerOptions } from './store/schema/migrate-ledger.js';
export { auditMigrationsIn } from './store/schema/migrations-in-schema.js';
export { SchemaUnusableError } from './store/schema/schema.error.js';
export type { ArchivedNote } from './query/archived/archived-note.js';
export { PackageMissingError } from './errors/package-missing.error.js';
export { AuditQuery, type EventPage } from './query/audit-query.service.js';
export {
  AuditHistory,
  type EntityHistory,
  type EntityBlame,
  type EntityState,
} from './query/records/audit-history.service.js';
export { UnknownEntityError } from './query/records/unknown-entity.error.js';
export type { FieldBlame, RecordBlame } from './query/records/record-blame.js';
export type { EventReference, RecordState } from './query/records/record-state.js';
export type { UnknownPart, UnknownReason } from './query/records/unknown-fields.js';
export type { JoinedChanges, LedgerEvent, ResourceName } from './query/ledger-event.js';
export type { OperationEvent, OperationStory } from './query/records/operation-changes.js';
export type { Relation } from './query/records/relations.js';
export {
  AuditOverview,
  type EventOverview,
  type OverviewEstimate,
  type OverviewGroup,
  type OverviewStep,
} from './query/overview/audit-overview.service.js';
export {
  SealedEvents,
  type Neighbours,
  type NewerEvents,
  type NewerOptions,
} from './query/places/sealed-events.service.js';
export { EventSamples, type EventSample } from './query/sample/event-samples.service.js';
export { SampleQuery } from './query/sample/sample-query.dto.js';
export { OverviewQuery } from './query/overview/overview-query.dto.js';
export type { EventStats, StatsGroup, StatsStep } from './query/count-events.js';
export { EventFilters } from './query/event-filters.dto.js';
export type { ArchiveLine } from './archive/archive-line.js';
export type { ArchiveManifest, ArchiveSigner } from './archive/archive-manifest.js';
export type { ArchiveStore } from './archive/archive-store.js';
export { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from './archive/archive.error.js';
export { Archives, type ErasedArchive } from './archive/archives.js';
export { FolderArchiveStore } from './archive/folder-archive-store.js';
export { verifyArchive, type ArchiveVerification } from './archive/verify-archive.js';
export type { HoldCover, HoldRequest, LegalHold } from './lifecycle/holds/holds.js';
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
export { QueryTooSlowError } from './store/query-too-slow.error.js';
export { StatsQuery } from './query/stats-query.dto.js';
export { describeFinding, type Finding } from './verify/finding.js';
export type { VerifyThreads } from './verify/read-in-threads.js';
export { serveRanges } from './verify/serve-ranges.js';
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
  ErasureOptions,
  ErasureRelation,
  ErasureRequester,
  ErasureState,
} from './lifecycle/erasure/erasure.js';
export { InvalidCertificateError, InvalidErasureError } from './lifecycle/erasure/privacy.error.js';
export type { ErasureRemains } from './lifecycle/erasure/remains.js';
export { reportHtml } from './lifecycle/erasure/report-html.js';
export { reportJson } from './lifecycle/erasure/report-json.js';
export type { ReportedEvent, ReportPart } from './lifecycle/erasure/subject-report.js';
