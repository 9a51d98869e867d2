export { AuditTestingModule } from './audit-testing.module.js';
export { expectAuditCoverage } from './expect-audit-coverage.js';
export { expectAudited, expectNotAudited, type AuditEventMatch, type AuditEventSource } from './expect-audited.js';
export { InMemoryAuditProvider } from './in-memory-audit.provider.js';
