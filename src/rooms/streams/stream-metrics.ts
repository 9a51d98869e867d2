import type { StreamReport } from './stream.dto.js';
import type { StreamRunner, StreamTotals } from './stream-runner.service.js';
import type { LedgerStatus } from '../../monitoring/operate/health/ledger-health.service.js';
import { counter, gauge, type PulledMetric } from '../../monitoring/operate/metrics/pulled-metric.js';

interface StreamSource {
  readonly reports: readonly StreamReport[];
  readonly totals: StreamTotals;
}

/** Reads the values for a scrape. If the ledger is unreachable, `reports` is empty, so that the scrape does not wait. */
export async function streamSource(
  runner: Pick<StreamRunner, 'reports' | 'totals'>,
  ledger: Pick<LedgerStatus, 'newest'>,
): Promise<StreamSource> {
  const { isUp } = await ledger.newest();
  return { reports: isUp ? await runner.reports().catch(() => []) : [], totals: runner.totals };
}

export const STREAM_METRICS: readonly PulledMetric<StreamSource>[] = [
  ofReports(
    'audit_stream_lag_events',
    'Sealed events that a stream has not sent or skipped yet.',
    ({ lagEvents }) => lagEvents,
  ),
  ofReports(
    'audit_stream_lag_seconds',
    'Seconds since the sealing of the oldest event that a stream has neither sent nor skipped.',
    ({ lagSeconds }) => lagSeconds,
  ),
  ofReports('audit_stream_parked_events', 'Events that the destination of a stream refused.', ({ parked }) => parked),
  ofReports(
    'audit_stream_failures',
    'Consecutive failed attempts of a stream to send events.',
    ({ failures }) => failures,
  ),
  ofReports('audit_stream_active', '1 if a stream is active, 0 if it is paused.', ({ state }) =>
    state === 'active' ? 1 : 0,
  ),
  ofTotals('audit_stream_sent_total', 'Events that this process sent and that the destination acknowledged.', 'sent'),
  ofTotals('audit_stream_retries_total', 'Attempts of this process that repeated a batch.', 'retried'),
];

function ofReports(name: string, help: string, valueOf: (report: StreamReport) => number): PulledMetric<StreamSource> {
  const read = ({ reports }: StreamSource) => Object.fromEntries(reports.map((each) => [each.name, valueOf(each)]));
  return gauge(name, help, read, 'stream');
}

function ofTotals(name: string, help: string, total: 'sent' | 'retried'): PulledMetric<StreamSource> {
  const read = ({ totals }: StreamSource) =>
    Object.fromEntries(Object.entries(totals).map(([stream, counts]) => [stream, counts[total]]));
  return counter(name, help, read, 'stream');
}
