import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { coverageOf, describeCoverage, summarizeCoverage } from './audit-coverage.js';

/** Logs one line at the end of the boot: whether there are routes that change state and are neither audited nor left out on purpose. */
@Injectable()
export class CoverageReport implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditModule');

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  onApplicationBootstrap(): void {
    const coverage = coverageOf(this.modules, this.config);
    if (coverage.checked === 0) return; // a worker without routes needs no such line
    if (coverage.missing.length > 0) this.logger.warn(summarizeCoverage(coverage));
    else this.logger.log(describeCoverage(coverage));
  }
}
