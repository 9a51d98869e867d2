import { Controller, Get, Header, Inject, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { AuditMetrics } from './audit-metrics.service.js';
import { MetricsAccessGuard } from './metrics-access.guard.js';

/** The audit's metrics for Prometheus. Answers while the ledger is down, too. */
@ApiTags('operation')
@ApiBearerAuth()
@Controller('metrics')
@UseGuards(MetricsAccessGuard)
export class AuditMetricsController {
  constructor(@Inject(AuditMetrics) private readonly metrics: AuditMetrics) {}

  /** All metrics, in the text format of Prometheus, version 0.0.4. */
  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  @ApiProduces('text/plain')
  @ApiOkResponse({ type: String })
  async show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
