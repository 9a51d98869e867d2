import { Get, Header, Inject } from '@nestjs/common';
import Registry from 'prom-client/lib/registry.js';
import { AuditMetrics } from '../operate/metrics/audit-metrics.service.js';
import { LedgerController, Route, textBody } from './openapi/ledger-controller.decorator.js';
import { NeedsPermission, MetricsAccessGuard } from './ledger-access.guard.js';

const EXAMPLE = `# HELP audit_ledger_up 1 when the ledger answered, 0 when it did not; its metrics then show its last answer.
# TYPE audit_ledger_up gauge
audit_ledger_up 1
`;

/** Serves the metrics for Prometheus, even while the ledger is down. */
@LedgerController('metrics', MetricsAccessGuard, 'operation')
@NeedsPermission('metrics')
export class AuditMetricsController {
  constructor(@Inject(AuditMetrics) private readonly metrics: AuditMetrics) {}

  /** Returns all metrics in the text format of Prometheus, version 0.0.4. */
  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Route('Show the metrics for Prometheus', textBody(EXAMPLE))
  async show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
