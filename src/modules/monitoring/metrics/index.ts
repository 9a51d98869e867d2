export { AuditMetricsController } from './audit-metrics.controller.js';
export { AuditMetrics } from './audit-metrics.service.js';
export { LedgerWatch } from './ledger-watch.service.js';
export { MetricsAccessGuard } from './metrics-access.guard.js';
