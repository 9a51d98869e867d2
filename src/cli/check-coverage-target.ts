import { auditCoverage, describeCoverage, type AuditCoverage } from '../audit/index.js';
import { TargetError } from './target.error.js';
import { scanApplication } from './scan-application.js';

/**
 * Runs {@link auditCoverage} for an application in a file, and describes it. @throws TargetError (`AUDIT_TARGET_INVALID`)
 */
export async function checkCoverageTarget(
  target: string,
): Promise<{ readonly coverage: AuditCoverage; readonly text: string }> {
  const app = await scanApplication(target);
  const coverage = auditCoverage(app);
  if (coverage.checked === 0) throw TargetError.noRoutes(target);
  return { coverage, text: describeCoverage(coverage) };
}
