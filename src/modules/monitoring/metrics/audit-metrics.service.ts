import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { AuditAggregator } from '../../../audit/index.js';
import { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import { SelfCheck } from '../verify/self-check/self-check.service.js';
import { Sequencer } from '../sequencer/sequencer.service.js';
import { registerBatchMetrics } from './batch-metrics.js';
import { DELIVERY_METRICS } from './delivery-metrics.js';
import { INTEGRITY_METRICS, type IntegritySource } from './integrity-metrics.js';
import { LEDGER_METRICS } from './ledger-metrics.js';
import { LedgerWatch } from '../publishing/ledger-watch.service.js';
import { type PulledMetric, registerPulled } from './pulled-metric.js';
import { LedgerRooms } from '../store/ledger-rooms.service.js';
import { ReplicaFreshness, type ReplicaState } from '../store/replica-freshness.service.js';
import { ownPackage } from '../../../audit/plain.js';

/**
 * The audit's metrics, in a registry of prom-client of their own, which `GET /metrics` shows. To have them beside the
 * application's: `Registry.merge([register, auditMetrics.registry])`.
 */
@Injectable()
export class AuditMetrics implements OnModuleInit {
  readonly registry = new Registry();

  constructor(
    @Inject(AuditAggregator) aggregator: AuditAggregator,
    @Inject(LedgerWatch) ledger: LedgerWatch,
    @Inject(Sequencer) sequencer: Sequencer,
    @Inject(SelfCheck) selfCheck: SelfCheck,
    @Inject(CheckpointPublisher) publisher: CheckpointPublisher,
    @Inject(ReplicaFreshness) freshness: ReplicaFreshness,
    @Inject(LedgerRooms) private readonly rooms: Pick<LedgerRooms, 'all'>,
  ) {
    const integrity: IntegritySource = { sequencer, selfCheck, publisher };
    registerBuildInfo(this.registry);
    registerPulled(this.registry, DELIVERY_METRICS, () => aggregator);
    aggregator.onBatch(registerBatchMetrics(this.registry));
    registerPulled(this.registry, LEDGER_METRICS, () => ledger.look());
    registerPulled(this.registry, INTEGRITY_METRICS, () => integrity);
    registerPulled(this.registry, REPLICA_METRICS, () => freshness.state);
  }

  /** Those of the rooms, which plugged in by now. */
  onModuleInit(): void {
    for (const { metrics } of this.rooms.all) metrics?.(this.registry);
  }
}

/** Registers which version of the library runs on which Node, as labels of the value 1. */
function registerBuildInfo(registry: Registry): void {
  const gauge = new Gauge({
    name: 'audit_build_info',
    help: '1, with the version of the library and of Node as labels.',
    labelNames: ['version', 'node'],
    registers: [registry],
  });
  gauge.set({ version: ownPackage()?.version ?? 'unknown', node: process.versions.node }, 1);
}

/** Of the replica that answers questions; without one, nothing. */
const REPLICA_METRICS: readonly PulledMetric<ReplicaState | undefined>[] = [
  {
    kind: 'gauge',
    name: 'audit_read_replica_lag_seconds',
    help: 'How old the answers of the replica of readUrl are: grows while it does not answer. Absent without readUrl.',
    read: (replica) => replica?.lagSeconds,
  },
];
