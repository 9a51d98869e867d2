import type { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import type { SelfCheck } from '../verify/self-check/self-check.service.js';
import type { Sequencer } from '../sequencer/sequencer.service.js';
import type { PulledMetric } from './pulled-metric.js';

/** The source of the integrity metrics of this process. */
export interface IntegritySource {
  readonly sequencer: Pick<Sequencer, 'status'>;
  readonly selfCheck: Pick<SelfCheck, 'status'>;
  readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>;
}

/** Metrics of how this process seals, publishes and checks the ledger. */
export const INTEGRITY_METRICS: readonly PulledMetric<IntegritySource>[] = [
  {
    kind: 'gauge',
    name: 'audit_sequencer_leading',
    help: '1 in the one process that gives events their places.',
    read: ({ sequencer }) => (sequencer.status.role === 'leading' ? 1 : 0),
  },
  {
    kind: 'gauge',
    name: 'audit_sequencer_refusing',
    help: '1 while the process signs nothing, because the ledger contradicts the last signed checkpoint.',
    read: ({ sequencer }) => (sequencer.status.role === 'refusing' ? 1 : 0),
  },
  {
    kind: 'gauge',
    name: 'audit_publishing_failures',
    help: 'Failed attempts in a row to publish to the destination, in this process.',
    label: 'destination',
    read: ({ publisher }) =>
      Object.fromEntries(publisher.destinationStates.map(({ name, failures }) => [name, failures])),
  },
  {
    kind: 'counter',
    name: 'audit_self_check_runs_total',
    help: 'Completed self-checks.',
    read: ({ selfCheck }) => selfCheck.status.runs,
  },
  {
    kind: 'counter',
    name: 'audit_self_check_failed_runs_total',
    help: 'Self-checks that failed because the ledger could not be read.',
    read: ({ selfCheck }) => selfCheck.status.failedRuns,
  },
  {
    kind: 'counter',
    name: 'audit_self_check_events_total',
    help: 'Events that self-checks recomputed.',
    read: ({ selfCheck }) => selfCheck.status.checkedEvents,
  },
  {
    kind: 'gauge',
    name: 'audit_self_check_findings',
    help: 'Events, leaves, tiles and checkpoints that the self-checks found tampered with.',
    read: ({ selfCheck }) => selfCheck.status.findings.length,
  },
  {
    kind: 'gauge',
    name: 'audit_self_check_last_success_timestamp_seconds',
    help: 'When the last completed self-check ended, in seconds since 1970.',
    read: ({ selfCheck }) => {
      const { checkedAt } = selfCheck.status;
      return checkedAt && checkedAt.getTime() / 1_000;
    },
  },
];
