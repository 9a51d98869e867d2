import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { AuditAggregator } from '../../audit/index.js';

/**
 * How the audit providers are doing. A provider that is out of reach makes the state `degraded` and not `down`: events
 * go to the spill, and the application works.
 */
@Injectable()
export class AuditHealthIndicator {
  constructor(
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
  ) {}

  /** Never rejects. */
  async check(): Promise<HealthIndicatorResult<'audit'>> {
    const providers = await this.audit.health();
    const degraded = Object.values(providers).some(
      ({ state, error, failed, spillPending }) =>
        state === 'suspended' || error !== undefined || failed > 0 || spillPending,
    );
    const { truncatedEvents } = this.audit;
    return this.indicators.check('audit').up({ state: degraded ? 'degraded' : 'sound', truncatedEvents, providers });
  }
}
