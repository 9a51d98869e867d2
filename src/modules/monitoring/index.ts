export { AuditLedger1763600000400 } from '../../../migrations/1763600000400-audit-ledger.js';
export { LedgerUnavailableError } from './errors/ledger-unavailable.error.js';
export { AuditIntegrity1763600000500 } from '../../../migrations/1763600000500-audit-integrity.js';
export { AuditRoles1763600000600 } from '../../../migrations/1763600000600-audit-roles.js';
export { InvalidAccessError, type AuthorizeLedger, type LedgerAccess, type LedgerPermission } from './access/index.js';
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
export { describeRead, LEDGER_READS, type LedgerRead, type ReadFacts } from './http/record-read.js';
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
export { AuditQuery, type EventPage, type LedgerEvent, type ResourceName } from './query/audit-query.service.js';
export type { EventStats, StatsGroup, StatsStep } from './query/count-events.js';
export { EventFilters } from './query/event-filters.dto.js';
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
