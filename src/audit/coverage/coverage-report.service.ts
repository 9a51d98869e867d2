import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { coverageOf } from './audit-coverage.js';
import { describeCoverage, summarizeCoverage } from './describe-coverage.js';

/** Says in one line, at the end of the boot, whether there are routes that change state and that nobody decided about. */
@Injectable()
export class CoverageReport implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditModule');

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  onApplicationBootstrap(): void {
    const coverage = coverageOf(this.modules, this.config);
    if (coverage.checked === 0) return; // a worker without routes need not hear of them
    if (coverage.missing.length > 0) this.logger.warn(summarizeCoverage(coverage));
    else this.logger.log(describeCoverage(coverage));
  }
}
