import type { ConsumerReport } from '../../consumers/consumer.dto.js';
import type { ConsumerTotals } from '../../consumers/consumer-worker.js';
import { counter, gauge, type ObservableMetric } from './pulled-metric.js';

interface ConsumerSource {
  readonly reports: readonly ConsumerReport[];
  readonly totals: ConsumerTotals;
}

export const CONSUMER_METRICS: readonly ObservableMetric<ConsumerSource>[] = [
  reportMetric(
    'audit_consumer_lag_events',
    'Sealed events that a consumer has not handled yet.',
    ({ lagEvents }) => lagEvents,
  ),
  reportMetric(
    'audit_consumer_lag_seconds',
    'Seconds since the sealing of the oldest event that a consumer has not handled.',
    ({ lagSeconds }) => lagSeconds,
  ),
  reportMetric('audit_consumer_parked_events', 'Events that a consumer refused.', ({ parked }) => parked),
  reportMetric(
    'audit_consumer_failures',
    'Consecutive failed attempts of a consumer to handle events.',
    ({ failures }) => failures,
  ),
  reportMetric('audit_consumer_active', '1 if a consumer is active, 0 if it is paused.', ({ state }) =>
    state === 'active' ? 1 : 0,
  ),
  totalMetric('audit_consumer_handled_total', 'Events that a consumer of this process handled.', 'handled'),
  totalMetric('audit_consumer_retries_total', 'Attempts of this process that repeated a batch.', 'retried'),
];

function reportMetric(
  name: string,
  help: string,
  getValue: (report: ConsumerReport) => number,
): ObservableMetric<ConsumerSource> {
  const read = ({ reports }: ConsumerSource) => Object.fromEntries(reports.map((each) => [each.name, getValue(each)]));
  return gauge(name, help, read, 'consumer');
}

function totalMetric(name: string, help: string, total: 'handled' | 'retried'): ObservableMetric<ConsumerSource> {
  const read = ({ totals }: ConsumerSource) =>
    Object.fromEntries(Object.entries(totals).map(([consumer, counts]) => [consumer, counts[total]]));
  return counter(name, help, read, 'consumer');
}
