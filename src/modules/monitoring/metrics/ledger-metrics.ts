import { MOST_COUNTED } from '../store/ledger-state.js';
import type { PulledMetric } from './pulled-metric.js';
import type { KnownLedger } from '../store/state-part.js';

type LedgerMetric = PulledMetric<KnownLedger>;

/** What the ledger's database says. While it is out of reach: what it said last, and ages that continue growing. */
export const LEDGER_METRICS: readonly LedgerMetric[] = [
  gauge(
    'audit_ledger_up',
    '1 when the ledger answered, 0 when it did not; its metrics then show its last answer.',
    (known) => (known.isUp ? 1 : 0),
  ),
  gauge(
    'audit_ledger_unsequenced_events',
    `Stored events without a place in the tree, counted up to ${MOST_COUNTED}.`,
    ({ state }) => state?.waitingEvents,
  ),
  gauge(
    'audit_ledger_sequencing_lag_seconds',
    'How long ago the oldest event without a place in the tree was stored; 0 without any.',
    ({ state, ageSeconds }) => state && (state.waitingEvents > 0 ? state.waitingSeconds + ageSeconds : 0),
  ),
  gauge('audit_ledger_tree_size', 'Events that the newest checkpoint covers.', ({ state }) => state?.size),
  gauge(
    'audit_ledger_checkpoint_age_seconds',
    'How long ago the newest checkpoint was signed. Grows while no events arrive.',
    ({ state, ageSeconds }) =>
      state?.checkpointAgeSeconds === undefined ? undefined : state.checkpointAgeSeconds + ageSeconds,
  ),
  gauge(
    'audit_ledger_partitions_ready_months',
    'Months in a row that have a partition, from the current one on; 4 when all exist.',
    ({ state }) => state?.monthsReady,
  ),
  {
    kind: 'gauge',
    name: 'audit_ledger_published_age_seconds',
    help: 'How long ago an instance published a checkpoint to the destination.',
    label: 'destination',
    read: ({ published, ageSeconds }) =>
      Object.fromEntries([...published].map(([destination, seconds]) => [destination, seconds + ageSeconds])),
  },
];

function gauge(name: string, help: string, read: LedgerMetric['read']): LedgerMetric {
  return { kind: 'gauge', name, help, read };
}
