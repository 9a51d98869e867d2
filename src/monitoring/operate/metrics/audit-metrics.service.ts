import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import PromRegistry from 'prom-client/lib/registry.js';
import { AuditAggregator, type DeliveryStatus } from '../../../audit/index.js';
import type { BatchListener } from '../../../audit/internal.js';
import { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import { SelfCheck } from '../self-check/self-check.service.js';
import { Sequencer } from '../../sealer/sequencer.service.js';
import { LogConsumers } from '../../consumers/log-consumers.service.js';
import { LedgerStatus } from '../health/ledger-health.service.js';
import { CONSUMER_METRICS } from './consumer-metrics.js';
import { counter, gauge, registerPulled, type ObservableMetric, type ObservedValue } from './pulled-metric.js';
import { LedgerExtensions } from '../../store/ledger-extensions.service.js';
import { ReplicaFreshness, type ReplicaState } from '../health/replica-freshness.service.js';
import { getOwnPackage, type SpillStatus } from '../../../audit/nest-free.js';
import { GROWTH_DAYS } from '../../store/ledger-disk.js';
import { MAX_COUNTED, type KnownLedger } from '../../store/ledger-state.js';

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
    @Inject(LogConsumers) consumers: LogConsumers,
    @Inject(LedgerExtensions) private readonly extensions: Pick<LedgerExtensions, 'all'>,
  ) {
    registerBuildInfo(this.registry);
    registerPulled(this.registry, DELIVERY_METRICS, () => aggregator);
    aggregator.onBatch(registerBatchMetrics(this.registry));
    registerPulled(this.registry, LEDGER_METRICS, () => ledger.newest());
    registerPulled(this.registry, INTEGRITY_METRICS, () => ({ sequencer, selfCheck, publisher }));
    registerPulled(this.registry, REPLICA_METRICS, () => freshness.state);
    registerPulled(this.registry, CONSUMER_METRICS, async () => {
      const { isUp } = await ledger.newest(); // if the ledger is unreachable, the scrape does not wait
      return { reports: isUp ? await consumers.reports().catch(() => []) : [], totals: consumers.totals };
    });
  }

  /** Registers the metrics of the extensions. All extensions are registered before this hook runs. */
  onModuleInit(): void {
    for (const { metrics } of this.extensions.all) metrics?.(this.registry);
  }
}

function registerBuildInfo(registry: Registry): void {
  const help = '1, with the version of the library and of Node as labels.';
  const labelNames = ['version', 'node'] as const;
  const gauge = new Gauge({ name: 'audit_build_info', help, labelNames, registers: [registry] });
  gauge.set({ version: getOwnPackage()?.version ?? 'unknown', node: process.versions.node }, 1);
}

/** Without a replica, these metrics have no values. */
const REPLICA_METRICS: readonly ObservableMetric<ReplicaState | undefined>[] = [
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
const LEDGER_METRICS: readonly ObservableMetric<KnownLedger>[] = [
  gauge('audit_ledger_up', '1 while the ledger answers; otherwise 0, and its metrics show its last answer.', (known) =>
    known.isUp ? 1 : 0,
  ),
  gauge(
    'audit_ledger_unsequenced_events',
    `Stored events that are not sealed yet, counted up to ${MAX_COUNTED}.`,
    ({ state }) => state?.waitingEvents,
  ),
  gauge(
    'audit_ledger_sequencing_lag_seconds',
    'The age of the oldest stored event that is not sealed yet; 0 if all are sealed.',
    ({ state, ageSeconds }) => state && (state.waitingEvents > 0 ? state.waitingSeconds + ageSeconds : 0),
  ),
  gauge(
    'audit_ledger_parked_lines',
    `Lines of the inbox that cannot be sealed, counted up to ${MAX_COUNTED}.`,
    ({ state }) => state?.parkedLines,
  ),
  gauge(
    'audit_ledger_parked_bytes',
    'Bytes on the disk of lines of the inbox that cannot be sealed.',
    ({ state }) => state?.parkedBytes,
  ),
  gauge('audit_ledger_tree_size', 'Events that the newest checkpoint covers.', ({ state }) => state?.size),
  gauge('audit_ledger_disk_bytes', "Bytes on the disk of the ledger's tables and indexes.", ({ disk }) => disk?.bytes),
  gauge(
    'audit_ledger_event_bytes',
    'Bytes on the disk for an event; row changes and reads are events, too.',
    ({ disk }) => disk?.bytesPerEvent,
  ),
  gauge('audit_ledger_new_events', `Events of the last ${GROWTH_DAYS} days.`, ({ disk }) => disk?.newEvents),
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

interface IntegritySource {
  readonly sequencer: Pick<Sequencer, 'status' | 'duplicates'>;
  readonly selfCheck: Pick<SelfCheck, 'status'>;
  readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>;
}

const INTEGRITY_METRICS: readonly ObservableMetric<IntegritySource>[] = [
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

type Delivery = Pick<AuditAggregator, 'deliveryStatus' | 'joinedEvents' | 'spill' | 'truncatedEvents'>;
type DeliveryMetric = ObservableMetric<Delivery>;

/** Metrics of events since the process started, and of the queues and the spill. A scrape of these metrics needs no database query. */
const DELIVERY_METRICS: readonly DeliveryMetric[] = [
  eventCounter('accepted', "Events that the provider's queue accepted.", 'accepted'),
  eventCounter('recorded', 'Events that the provider stored, including replays from the spill.', 'recorded'),
  counter(
    'audit_events_joined_total',
    "Events that the provider wrote in the application's transactions, including those that were rolled back.",
    (delivery) => {
      const joined = delivery.joinedEvents();
      return listByProvider(delivery, (_status, backend) => joined.get(backend) ?? 0);
    },
    'provider',
  ),
  eventCounter('spilled', 'Events stored in the spill, because the provider could not store them.', 'spilled'),
  eventCounter('replayed', 'Events that the provider stored from the spill.', 'replayed'),
  eventCounter('failed', 'Lost events: neither the provider nor the spill could store them.', 'failed'),
  eventCounter(
    'rejected',
    'Events that became dead letters, because the provider refuses them and stores others.',
    'deadLettered',
  ),
  counter(
    'audit_events_truncated_total',
    'Events that were shortened to the limit of 60 KiB.',
    ({ truncatedEvents }) => truncatedEvents,
  ),
  providerMetric('audit_queue_waiting_events', 'Events that wait for the provider or are in flight.', 'waiting'),
  providerMetric(
    'audit_queue_in_flight_events',
    'Events that were sent to the provider and await its answer.',
    'inFlight',
  ),
  gauge(
    'audit_provider_suspended',
    '1 while the provider gets only probes, because it did not answer.',
    (delivery) => listByProvider(delivery, ({ state }) => (state === 'suspended' ? 1 : 0)),
    'provider',
  ),
  providerMetric('audit_provider_losing_events', '1 while events that the provider cannot store are lost.', 'losing'),
  providerMetric('audit_spill_pending', '1 while events for the provider wait in the spill.', 'spillPending'),
  gauge(
    'audit_spill_waiting_files',
    "Files in the spill's folder with events for the provider, from all processes.",
    (delivery) => {
      const files = delivery.spill()?.waitingFiles;
      return files && { ...listByProvider(delivery, () => 0), ...files };
    },
    'provider',
  ),
  providerMetric(
    'audit_dead_letters',
    "Dead letters in the spill's folder: events that the provider refuses. Replay or drop them by hand.",
    'deadLetters',
  ),
  spillMetric('audit_spill_bytes', "Bytes of all files in the spill's folder.", 'bytes'),
  spillMetric('audit_spill_max_bytes', 'The maximum size of the spill in bytes.', 'maxBytes'),
  spillMetric('audit_spill_full', '1 while the spill refuses events because it is full.', 'full'),
  spillMetric(
    'audit_spill_corrupt_lines',
    'Unreadable lines of the spill, stored in files ending in .corrupt.',
    'corruptLines',
  ),
];

type Counted<Status> = { [Name in keyof Status]-?: Status[Name] extends number | boolean ? Name : never }[keyof Status];

function eventCounter(fate: string, help: string, name: Counted<DeliveryStatus>): DeliveryMetric {
  return { ...providerMetric(`audit_events_${fate}_total`, help, name), kind: 'counter' };
}

function providerMetric(metric: string, help: string, name: Counted<DeliveryStatus>): DeliveryMetric {
  return gauge(metric, help, (delivery) => listByProvider(delivery, (status) => Number(status[name])), 'provider');
}

function spillMetric(metric: string, help: string, name: Counted<SpillStatus>): DeliveryMetric {
  return gauge(metric, help, (delivery) => {
    const status = delivery.spill();
    return status && Number(status[name]);
  });
}

function listByProvider(
  delivery: Delivery,
  read: (status: DeliveryStatus, backend: string) => number,
): Extract<ObservedValue, object> {
  const statuses = Object.entries(delivery.deliveryStatus());
  return Object.fromEntries(statuses.map(([backend, status]) => [backend, read(status, backend)]));
}
