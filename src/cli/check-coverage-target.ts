import { InitializeOnPreviewAllowlist, NestFactory, RouterModule } from '@nestjs/core';
import { auditCoverage, describeCoverage, type AuditCoverage } from '../audit/index.js';
import { CoverageTargetError } from './coverage-target.error.js';
import { loadRootModule } from './load-root-module.js';

/** {@link auditCoverage} of an application in a file, with its text. @throws CoverageTargetError (`AUDIT_COVERAGE_TARGET_INVALID`) */
export async function checkCoverageTarget(
  target: string,
): Promise<{ readonly coverage: AuditCoverage; readonly text: string }> {
  const root = await loadRootModule(target);
  InitializeOnPreviewAllowlist.add(RouterModule); // it is what tells the modules their paths
  const app = await NestFactory.createApplicationContext(root, {
    preview: true,
    abortOnError: false,
    logger: false,
  }).catch((error: unknown) => {
    throw CoverageTargetError.notScanned(target, error);
  });
  const coverage = auditCoverage(app);
  if (coverage.checked === 0) throw CoverageTargetError.noRoutes(target);
  return { coverage, text: describeCoverage(coverage) };
}
