import type { StreamReport } from './stream.dto.js';
import type { StreamRunner, StreamTotals } from './stream-runner.service.js';
import type { LedgerWatch } from '../monitoring/health/ledger-watch.service.js';
import type { PulledMetric } from '../monitoring/metrics/pulled-metric.js';

export interface StreamSource {
  readonly reports: readonly StreamReport[];
  readonly totals: StreamTotals;
}

/** Reads the values for a scrape. While the ledger is unreachable, `reports` is empty, so that the scrape does not wait. */
export async function streamSource(
  runner: Pick<StreamRunner, 'reports' | 'totals'>,
  ledger: Pick<LedgerWatch, 'look'>,
): Promise<StreamSource> {
  const { isUp } = await ledger.look();
  return { reports: isUp ? await runner.reports().catch(() => []) : [], totals: runner.totals };
}

export const STREAM_METRICS: readonly PulledMetric<StreamSource>[] = [
  gauge('audit_stream_lag_events', 'Sealed events that a stream has not passed.', ({ lagEvents }) => lagEvents),
  gauge(
    'audit_stream_lag_seconds',
    'For how long the oldest event that a stream has not passed is sealed.',
    ({ lagSeconds }) => lagSeconds,
  ),
  gauge('audit_stream_parked_events', 'Events that the destination of a stream refused.', ({ parked }) => parked),
  gauge('audit_stream_failures', 'Attempts of a stream that failed in a row.', ({ failures }) => failures),
  gauge('audit_stream_active', '1 if a stream is sent, 0 if it is paused.', ({ state }) =>
    state === 'active' ? 1 : 0,
  ),
  counter('audit_stream_sent_total', 'sent', 'Events that this process sent and that the destination acknowledged.'),
  counter('audit_stream_retries_total', 'retried', 'Attempts of this process that repeated a batch.'),
];

function gauge(name: string, help: string, read: (report: StreamReport) => number): PulledMetric<StreamSource> {
  return {
    kind: 'gauge',
    ...{ name, help, label: 'stream' },
    read: ({ reports }) => Object.fromEntries(reports.map((report) => [report.name, read(report)])),
  };
}

function counter(name: string, total: 'sent' | 'retried', help: string): PulledMetric<StreamSource> {
  return {
    kind: 'counter',
    ...{ name, help, label: 'stream' },
    read: ({ totals }) => Object.fromEntries(Object.entries(totals).map(([stream, counts]) => [stream, counts[total]])),
  };
}
