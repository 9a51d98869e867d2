/** Exports what the library's extensions and commands need of the core beside the public `index.ts`. Code without Nest uses `nest-free.ts`. */
export type { PreparedEvent } from './audit-aggregator.service.js';
export { AUDIT_OPTIONS, type ResolvedAuditOptions } from './audit-options.js';
export { findRouteDecision, describeCoverage, type RouteDecision } from './coverage/audit-coverage.js';
export type { BatchListener } from './delivery/call-provider.js';
export type { ExternalEvent } from './event-factory.service.js';
export { PersonalNames } from './personal-names.service.js';
export { listAuditBackends, findDecoratedProviders } from './provider/provider-discovery.service.js';
