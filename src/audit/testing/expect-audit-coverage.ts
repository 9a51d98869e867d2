import type { INestApplicationContext } from '@nestjs/common';
import { auditCoverage, describeCoverage } from '../coverage/audit-coverage.js';
import { UncoveredRoutesError } from './expectation.error.js';

/**
 * Expects that each route of an application, or of a testing module, that changes state is `@Audited` or `@NotAudited('reason')`.
 *
 * @throws UncoveredRoutesError (`AUDIT_COVERAGE_MISSING`) listing the other routes with method, path, controller and handler
 */
export function expectAuditCoverage(app: INestApplicationContext): void {
  const coverage = auditCoverage(app);
  if (coverage.missing.length > 0) throw UncoveredRoutesError.create(describeCoverage(coverage));
}
