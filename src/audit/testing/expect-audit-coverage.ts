import type { INestApplicationContext } from '@nestjs/common';
import { auditCoverage, describeCoverage } from '../coverage/audit-coverage.js';
import { testingErrors } from './testing.errors.js';

/**
 * Expects that each route that changes state has `@Audited` or `@NotAudited('reason')`, in an application or a testing module.
 *
 * @throws `AUDIT_EXPECTATION_FAILED` with method, path, controller and handler of each route without these decorators
 */
export function expectAuditCoverage(app: INestApplicationContext): void {
  const coverage = auditCoverage(app);
  if (coverage.missing.length > 0) throw testingErrors.AUDIT_EXPECTATION_FAILED.uncovered(describeCoverage(coverage));
}
