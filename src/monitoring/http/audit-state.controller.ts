import { Get, Inject, Header } from '@nestjs/common';
import Registry from 'prom-client/lib/registry.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { LedgerHealth } from '../operate/health/ledger-health.service.js';
import { Access, NeedsPermission, MetricsAccessGuard } from './ledger-access.guard.js';
import { StateReport } from '../store/state.dto.js';
import { LedgerController, Route, textResponseBody } from './openapi/ledger-controller.decorator.js';
import { AuditMetrics } from '../operate/metrics/audit-metrics.service.js';

@LedgerController('audit/state')
export class AuditStateController {
  constructor(@Inject(LedgerHealth) private readonly state: LedgerHealth) {}

  /**
   * Returns the state of every part of the ledger, with instructions for problems. A reader with limited access sees only the parts
   * `integrity`, `checkpoint`, `sealing` and `replica`.
   */
  @Get()
  @Route('Show the state of the ledger, with instructions for problems', StateReport)
  async report(@Access() access: LedgerAccess): Promise<StateReport> {
    return this.state.report(access);
  }
}

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
  @Route('Show the metrics for Prometheus', textResponseBody(EXAMPLE))
  async show(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
