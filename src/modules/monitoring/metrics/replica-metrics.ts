import type { ReplicaState } from '../store/replica-freshness.service.js';
import type { PulledMetric } from './pulled-metric.js';

/** Of the replica that answers questions; without one, nothing. */
export const REPLICA_METRICS: readonly PulledMetric<ReplicaState | undefined>[] = [
  {
    kind: 'gauge',
    name: 'audit_read_replica_lag_seconds',
    help: 'How old the answers of the replica of readUrl are: grows while it does not answer. Absent without readUrl.',
    read: (replica) => replica?.lagSeconds,
  },
];
