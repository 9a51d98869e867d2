import { Controller, Get, Header, Inject, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { DescribesLedger } from '../access/describes-refusals.decorator.js';
import { AuditMetrics } from './audit-metrics.service.js';
import { MetricsAccessGuard } from './metrics-access.guard.js';

const EXAMPLE = `# HELP audit_ledger_up 1 when the ledger answered, 0 when it did not; its metrics then show its last answer.
# TYPE audit_ledger_up gauge
audit_ledger_up 1
`;

/** The audit's metrics for Prometheus. Answers while the ledger is down, too. */
@DescribesLedger('metrics', 'operation')
@Controller('metrics')
@UseGuards(MetricsAccessGuard)
export class AuditMetricsController {
  constructor(@Inject(AuditMetrics) private readonly metrics: AuditMetrics) {}

  /** All metrics, in the text format of Prometheus, version 0.0.4. */
  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'Show the metrics for Prometheus' })
  @ApiOkResponse({ type: String, example: EXAMPLE })
  async show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
