/** The entry `nestjs-audit-ledger/monitoring`. The extensions and the commands import the ledger's files directly. */
export type { AuditMigration } from '../../migrations/audit-migration.types.js';
export { describeRead, LEDGER_READS } from './read/access/own-events.js';
export type { AuthorizeLedger, LedgerAccess, LedgerPermission } from './read/access/ledger-access.js';
export type { WitnessOptions } from './operate/publishing/publishing-options.js';
export type { CheckpointMemory } from './proof/signing/checkpoint-register.js';
export type { LedgerSigner, ProcessRole } from './proof/signing/signing-options.js';
export type { MonitoringAsyncOptions, MonitoringModuleOptions, MonitoringOptions } from './monitoring-options.js';
export { AuditMetricsController } from './http/audit-state.controller.js';
export { AuditMetrics } from './operate/metrics/audit-metrics.service.js';
export { describeLedger, type OpenApiDocument } from './http/openapi/describe-ledger.js';
export { LogConsumer, type LogConsumerOptions } from './consumers/log-consumer.decorator.js';
export type { SealedEvent } from './read/query/ledger-event.js';
export { MonitoringModule } from './monitoring.module.js';
export type { ExtensionAsyncOptions } from './extension.module.js';
export { migrateLedger, type MigratedLedger, type MigrateLedgerOptions } from './store/schema/migrate-ledger.js';
export { createAuditMigrations } from './store/schema/run-next-migration.js';
export { AuditQuery } from './read/query/audit-query.service.js';
export type { EventQuery } from './read/query/event-query.dto.js';
export type { EventStats } from './read/query/event-stats.dto.js';
export type { EventPage } from './read/query/ledger-event.dto.js';
export type { LedgerEvent, ResourceName } from './read/query/ledger-event.js';
export type { StatsBy } from './read/query/stats-query.dto.js';
export type { StatsQuery } from './read/query/stats-query.dto.js';
export {
  AuditHistory,
  type EntityBlame,
  type EntityHistory,
  type EntityState,
} from './read/query/records/audit-history.service.js';
export type { RecordBlame, RecordState } from './read/query/records/record.dto.js';
export type { ArchiveStore } from './keep/archive/archive-store.js';
export type { HoldRequest, LegalHold } from './keep/lifecycle/holds/legal-hold.dto.js';
export { LegalHolds } from './keep/lifecycle/holds/legal-holds.service.js';
export { readRetentionFile } from './keep/lifecycle/retention/retention-file.js';
export type { RetentionOptions } from './keep/lifecycle/retention/retention-options.js';
export type { RetentionReport } from './keep/lifecycle/retention/retention-run.js';
export { Retention, type RetentionPlan } from './keep/lifecycle/retention/retention.service.js';
export { AuditPrivacy } from './keep/lifecycle/erasure/audit-privacy.service.js';
export { verifyCertificate, type ErasureCertificate } from './keep/lifecycle/erasure/certificate.js';
export type { Erasure } from './keep/lifecycle/erasure/erasure.dto.js';
export type { ErasureOptions } from './keep/lifecycle/erasure/erasure-progress.js';
export type { ReportPart } from './keep/lifecycle/erasure/subject-report.js';
