import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import PromRegistry from 'prom-client/lib/registry.js';
import { AuditAggregator } from '../../../audit/index.js';
import type { BatchListener } from '../../../audit/internal.js';
import { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import { SelfCheck } from '../self-check/self-check.service.js';
import { Sequencer } from '../../sealer/sequencer.service.js';
import { DELIVERY_METRICS } from './delivery-metrics.js';
import { INTEGRITY_METRICS } from './integrity-metrics.js';
import { LedgerStatus } from '../health/ledger-status.service.js';
import { gauge, registerPulled, type PulledMetric } from './pulled-metric.js';
import { LedgerRooms } from '../../store/ledger-rooms.service.js';
import { ReplicaFreshness, type ReplicaState } from '../health/replica-freshness.service.js';
import { ownPackage } from '../../../audit/nest-free.js';
import { MOST_COUNTED } from '../../store/ledger-state.js';
import type { KnownLedger } from '../../store/health-part.js';

/**
 * The audit's metrics, in a separate prom-client registry. Add this registry to the application's registry: `Registry.merge([register,
 * auditMetrics.registry])`.
 */
@Injectable()
export class AuditMetrics implements OnModuleInit {
  readonly registry: Registry = new PromRegistry();

  constructor(
    @Inject(AuditAggregator) aggregator: AuditAggregator,
    @Inject(LedgerStatus) ledger: LedgerStatus,
    @Inject(Sequencer) sequencer: Sequencer,
    @Inject(SelfCheck) selfCheck: SelfCheck,
    @Inject(CheckpointPublisher) publisher: CheckpointPublisher,
    @Inject(ReplicaFreshness) freshness: ReplicaFreshness,
    @Inject(LedgerRooms) private readonly rooms: Pick<LedgerRooms, 'all'>,
  ) {
    registerBuildInfo(this.registry);
    registerPulled(this.registry, DELIVERY_METRICS, () => aggregator);
    aggregator.onBatch(registerBatchMetrics(this.registry));
    registerPulled(this.registry, LEDGER_METRICS, () => ledger.newest());
    registerPulled(this.registry, INTEGRITY_METRICS, () => ({ sequencer, selfCheck, publisher }));
    registerPulled(this.registry, REPLICA_METRICS, () => freshness.state);
  }

  /** Registers the metrics of the rooms. All rooms are registered before this hook runs. */
  onModuleInit(): void {
    for (const { metrics } of this.rooms.all) metrics?.(this.registry);
  }
}

function registerBuildInfo(registry: Registry): void {
  const help = '1, with the version of the library and of Node as labels.';
  const labelNames = ['version', 'node'] as const;
  const gauge = new Gauge({ name: 'audit_build_info', help, labelNames, registers: [registry] });
  gauge.set({ version: ownPackage()?.version ?? 'unknown', node: process.versions.node }, 1);
}

/** Without a replica, these metrics have no values. */
const REPLICA_METRICS: readonly PulledMetric<ReplicaState | undefined>[] = [
  gauge(
    'audit_read_replica_lag_seconds',
    'The age of the answers of the replica of readUrl; it grows while the replica does not answer. Absent without readUrl.',
    (replica) => replica?.lagSeconds,
  ),
];

/** Buckets in seconds: from a commit on a fast disk up to the time-out of a provider. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Buckets up to 500, the maximum size of a batch. */
const EVENTS = [1, 2, 5, 10, 25, 50, 100, 250, 500];

function registerBatchMetrics(registry: Registry): BatchListener {
  const registers = [registry];
  const batches = new Counter({
    name: 'audit_batches_total',
    help: 'Batches that were sent to the provider, by its answer; includes replays and probes.',
    labelNames: ['provider', 'answer'],
    registers,
  });
  const events = new Histogram({
    name: 'audit_batch_events',
    help: 'Events in a batch that the provider stored.',
    labelNames: ['provider'],
    buckets: EVENTS,
    registers,
  });
  const seconds = new Histogram({
    name: 'audit_batch_commit_seconds',
    help: 'Time that the provider takes to store a batch.',
    labelNames: ['provider'],
    buckets: SECONDS,
    registers,
  });
  return ({ backend: provider, events: count, seconds: took, result }) => {
    batches.inc({ provider, answer: result === 'timed out' ? 'timed_out' : result });
    if (result !== 'stored') return;
    events.observe({ provider }, count);
    seconds.observe({ provider }, took);
  };
}

/** While the database is unreachable, these metrics keep their last values, but ages continue to grow. */
const LEDGER_METRICS: readonly PulledMetric<KnownLedger>[] = [
  gauge('audit_ledger_up', '1 while the ledger answers; otherwise 0, and its metrics show its last answer.', (known) =>
    known.isUp ? 1 : 0,
  ),
  gauge(
    'audit_ledger_unsequenced_events',
    `Stored events that are not sealed yet, counted up to ${MOST_COUNTED}.`,
    ({ state }) => state?.waitingEvents,
  ),
  gauge(
    'audit_ledger_sequencing_lag_seconds',
    'The age of the oldest stored event that is not sealed yet; 0 if all are sealed.',
    ({ state, ageSeconds }) => state && (state.waitingEvents > 0 ? state.waitingSeconds + ageSeconds : 0),
  ),
  gauge(
    'audit_ledger_parked_lines',
    `Lines of the inbox that cannot be sealed, counted up to ${MOST_COUNTED}.`,
    ({ state }) => state?.parkedLines,
  ),
  gauge(
    'audit_ledger_parked_bytes',
    'Bytes on the disk of lines of the inbox that cannot be sealed.',
    ({ state }) => state?.parkedBytes,
  ),
  gauge('audit_ledger_tree_size', 'Events that the newest checkpoint covers.', ({ state }) => state?.size),
  gauge(
    'audit_ledger_checkpoint_age_seconds',
    'The age of the newest checkpoint. It grows while no events arrive.',
    ({ state, ageSeconds }) =>
      state?.checkpointAgeSeconds === undefined ? undefined : state.checkpointAgeSeconds + ageSeconds,
  ),
  gauge(
    'audit_ledger_partitions_ready_months',
    'Consecutive months that have a partition, from the current month on; 4 when all exist.',
    ({ state }) => state?.monthsReady,
  ),
  gauge(
    'audit_ledger_published_age_seconds',
    'The age of the last publication of a checkpoint to the destination.',
    ({ published, ageSeconds }) =>
      Object.fromEntries([...published].map(([destination, seconds]) => [destination, seconds + ageSeconds])),
    'destination',
  ),
];
