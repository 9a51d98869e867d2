import type { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import type { SelfCheck } from '../verify/self-check/self-check.service.js';
import type { Sequencer } from '../sequencer/sequencer.service.js';
import { counter, gauge, type PulledMetric } from './pulled-metric.js';

/** The source of the integrity metrics of this process. */
interface IntegritySource {
  readonly sequencer: Pick<Sequencer, 'status'>;
  readonly selfCheck: Pick<SelfCheck, 'status'>;
  readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>;
}

/** Metrics of how this process seals, publishes and checks the ledger. */
export const INTEGRITY_METRICS: readonly PulledMetric<IntegritySource>[] = [
  gauge('audit_sequencer_leading', '1 in the one process that gives events their places.', ({ sequencer }) =>
    sequencer.status.role === 'leading' ? 1 : 0,
  ),
  gauge(
    'audit_sequencer_refusing',
    '1 while the process signs nothing, because the ledger contradicts the last signed checkpoint.',
    ({ sequencer }) => (sequencer.status.role === 'refusing' ? 1 : 0),
  ),
  gauge(
    'audit_publishing_failures',
    'Failed attempts in a row to publish to the destination, in this process.',
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
    'Events, leaves, tiles and checkpoints that the self-checks found tampered with.',
    ({ selfCheck }) => selfCheck.status.findings.length,
  ),
  gauge(
    'audit_self_check_last_success_timestamp_seconds',
    'When the last completed self-check ended, in seconds since 1970.',
    ({ selfCheck: { status } }) => status.checkedAt && status.checkedAt.getTime() / 1_000,
  ),
];
