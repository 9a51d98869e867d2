import type { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import type { SelfCheck } from '../self-check/self-check.service.js';
import type { Sequencer } from '../../sealer/sequencer.service.js';
import { counter, gauge, type PulledMetric } from './pulled-metric.js';

interface IntegritySource {
  readonly sequencer: Pick<Sequencer, 'status' | 'duplicates'>;
  readonly selfCheck: Pick<SelfCheck, 'status'>;
  readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>;
}

export const INTEGRITY_METRICS: readonly PulledMetric<IntegritySource>[] = [
  gauge('audit_sequencer_leading', '1 in the one process that seals events.', ({ sequencer }) =>
    sequencer.status.role === 'leading' ? 1 : 0,
  ),
  gauge(
    'audit_sequencer_refusing',
    '1 while the process does not sign, because the ledger contradicts the last signed checkpoint.',
    ({ sequencer }) => (sequencer.status.role === 'refusing' ? 1 : 0),
  ),
  counter(
    'audit_events_duplicate_total',
    'Events that this process did not seal, because an earlier event has the same idempotency key.',
    ({ sequencer }) => sequencer.duplicates,
  ),
  gauge(
    'audit_publishing_failures',
    'Consecutive failed attempts of this process to publish to the destination.',
    ({ publisher }) => Object.fromEntries(publisher.destinationStates.map(({ name, failures }) => [name, failures])),
    'destination',
  ),
  counter('audit_self_check_runs_total', 'Completed self-checks.', ({ selfCheck }) => selfCheck.status.runs),
  counter(
    'audit_self_check_failed_runs_total',
    'Self-checks that failed because the ledger could not be read.',
    ({ selfCheck }) => selfCheck.status.failedRuns,
  ),
  counter(
    'audit_self_check_events_total',
    'Events that self-checks recomputed.',
    ({ selfCheck }) => selfCheck.status.checkedEvents,
  ),
  gauge(
    'audit_self_check_findings',
    'Events, leaves, tiles and checkpoints in which the self-checks found tampering.',
    ({ selfCheck }) => selfCheck.status.findings.length,
  ),
  gauge(
    'audit_self_check_last_success_timestamp_seconds',
    'The end of the last completed self-check, in seconds since 1970.',
    ({ selfCheck: { status } }) => status.checkedAt && status.checkedAt.getTime() / 1_000,
  ),
];
