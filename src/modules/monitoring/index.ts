/** The entry `nestjs-audit-ledger/monitoring`. The other rooms and the commands import the ledger's files directly. */
export type { AuditMigration } from '../../../migrations/audit-migration.types.js';
export { AUDIT_MIGRATIONS } from '../../../migrations/audit-migrations.js';
export { LedgerUnavailableError } from './errors/ledger-unavailable.error.js';
export { describeRead, LEDGER_READS } from './access/ledger-reads.js';
export type { AuthorizeLedger, LedgerAccess, LedgerPermission } from './access/ledger-access.js';
export type { WitnessOptions } from './publishing/publishing-options.js';
export type { CheckpointMemory } from './signing/last-signed.js';
export type { LedgerSigner } from './signing/signing-options.js';
export type { ArchiveQueryOptions } from './query/archived/archive-query-options.js';
export type { MonitoringAsyncOptions, MonitoringOptions } from './monitoring-options.js';
export { AuditMetricsController } from './http/audit-metrics.controller.js';
export { AuditMetrics } from './metrics/audit-metrics.service.js';
export { describeLedger, type OpenApiDocument } from './http/openapi/describe-ledger.js';
export { MonitoringModule } from './monitoring.module.js';
export type { RoomAsyncOptions } from './room.module.js';
export { migrateLedger, type MigratedLedger, type MigrateLedgerOptions } from './store/schema/migrate-ledger.js';
export { auditMigrationsIn } from './store/schema/migrations-in-schema.js';
export { AuditQuery } from './query/audit-query.service.js';
export type { EventQuery } from './query/event-query.dto.js';
export type { EventStats } from './query/event-stats.dto.js';
export type { EventPage } from './query/ledger-event.dto.js';
export type { LedgerEvent, ResourceName } from './query/ledger-event.js';
export type { StatsBy } from './query/stats-by.js';
export type { StatsQuery } from './query/stats-query.dto.js';
export {
  AuditHistory,
  type EntityBlame,
  type EntityHistory,
  type EntityState,
} from './query/records/audit-history.service.js';
export type { RecordBlame, RecordState } from './query/records/record.dto.js';
export type { ArchiveStore } from './archive/archive-store.js';
export type { HoldRequest, LegalHold } from './lifecycle/holds/legal-hold.dto.js';
export { LegalHolds } from './lifecycle/holds/legal-holds.service.js';
export { readRetentionFile } from './lifecycle/retention/retention-file.js';
export type { RetentionOptions } from './lifecycle/retention/retention-policy.js';
export type { RetentionReport } from './lifecycle/retention/retention-run.js';
export { Retention, type RetentionPlan } from './lifecycle/retention/retention.service.js';
export { AuditPrivacy } from './lifecycle/erasure/audit-privacy.service.js';
export { verifyCertificate, type ErasureCertificate } from './lifecycle/erasure/certificate.js';
export type { Erasure } from './lifecycle/erasure/erasure.dto.js';
export type { ErasureOptions } from './lifecycle/erasure/progress.js';
export type { ReportPart } from './lifecycle/erasure/subject-report.js';
