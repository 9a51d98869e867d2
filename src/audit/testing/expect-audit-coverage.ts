import type { INestApplicationContext } from '@nestjs/common';
import { auditCoverage, describeCoverage } from '../coverage/audit-coverage.js';
import { UncoveredRoutesError } from './expectation.error.js';

/**
 * Expects that each route that changes state has `@Audited` or `@NotAudited('reason')`, in an application or a testing module.
 *
 * @throws UncoveredRoutesError (`AUDIT_COVERAGE_MISSING`) with method, path, controller and handler of each route without these decorators
 */
export function expectAuditCoverage(app: INestApplicationContext): void {
  const coverage = auditCoverage(app);
  if (coverage.missing.length > 0) throw UncoveredRoutesError.create(describeCoverage(coverage));
}
