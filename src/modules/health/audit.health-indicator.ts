import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { AuditAggregator, judgeHealth } from '../../audit/index.js';

/** How the audit is doing: up while it is `sound` or `degraded`, and down when events are being lost. */
@Injectable()
export class AuditHealthIndicator {
  constructor(
    private readonly audit: AuditAggregator,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /** Never rejects. */
  async check(): Promise<HealthIndicatorResult<'audit'>> {
    const providers = await this.audit.health();
    const spill = this.audit.spill();
    const { state, reasons } = judgeHealth(providers, spill);
    const { truncatedEvents } = this.audit;
    const facts = { state, reasons, truncatedEvents, spill, providers };
    const indicator = this.indicators.check('audit');
    return state === 'down' ? indicator.down(facts) : indicator.up(facts);
  }
}
