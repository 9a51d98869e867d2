import type { StreamReport } from './stream.dto.js';
import type { StreamRunner, StreamTotals } from './stream-runner.service.js';
import type { LedgerWatch } from '../monitoring/health/ledger-watch.service.js';
import type { PulledMetric, PulledValue } from '../monitoring/metrics/pulled-metric.js';

/** The streams of the ledger, and the work of this process for them. */
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

const label = 'stream';

export const STREAM_METRICS: readonly PulledMetric<StreamSource>[] = [
  {
    kind: 'gauge',
    name: 'audit_stream_lag_events',
    help: 'Sealed events that a stream has not passed.',
    label,
    read: byStream(({ lagEvents }) => lagEvents),
  },
  {
    kind: 'gauge',
    name: 'audit_stream_lag_seconds',
    help: 'For how long the oldest event that a stream has not passed is sealed.',
    label,
    read: byStream(({ lagSeconds }) => lagSeconds),
  },
  {
    kind: 'gauge',
    name: 'audit_stream_parked_events',
    help: 'Events that the destination of a stream refused.',
    label,
    read: byStream(({ parked }) => parked),
  },
  {
    kind: 'gauge',
    name: 'audit_stream_failures',
    help: 'Attempts of a stream that failed in a row.',
    label,
    read: byStream(({ failures }) => failures),
  },
  {
    kind: 'gauge',
    name: 'audit_stream_active',
    help: '1 if a stream is sent, 0 if it is paused.',
    label,
    read: byStream(({ state }) => (state === 'active' ? 1 : 0)),
  },
  {
    kind: 'counter',
    name: 'audit_stream_sent_total',
    help: 'Events that this process sent and that the destination acknowledged.',
    label,
    read: total('sent'),
  },
  {
    kind: 'counter',
    name: 'audit_stream_retries_total',
    help: 'Attempts of this process that repeated a batch.',
    label,
    read: total('retried'),
  },
];

function byStream(read: (report: StreamReport) => number): (source: StreamSource) => PulledValue {
  return ({ reports }) => Object.fromEntries(reports.map((report) => [report.name, read(report)]));
}

function total(name: 'sent' | 'retried'): (source: StreamSource) => PulledValue {
  return ({ totals }) => Object.fromEntries(Object.entries(totals).map(([stream, counts]) => [stream, counts[name]]));
}
