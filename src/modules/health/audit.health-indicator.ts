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
    const spill = this.audit.spill();
    const degraded = Object.values(providers).some(
      ({ state, error, failed, spillPending, deadLetters }) =>
        state === 'suspended' || error !== undefined || failed > 0 || spillPending || deadLetters > 0,
    );
    const state = degraded || spill?.full || (spill?.corruptLines ?? 0) > 0 ? 'degraded' : 'sound';
    const { truncatedEvents } = this.audit;
    return this.indicators.check('audit').up({ state, truncatedEvents, spill, providers });
  }
}
