import { Inject, Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { AuditAggregator } from '../../../audit/index.js';
import { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import { SelfCheck } from '../verify/self-check/self-check.service.js';
import { Sequencer } from '../sequencer/sequencer.service.js';
import { registerBatchMetrics } from './batch-metrics.js';
import { registerBuildInfo } from './build-info.js';
import { DELIVERY_METRICS } from './delivery-metrics.js';
import { INTEGRITY_METRICS, type IntegritySource } from './integrity-metrics.js';
import { LEDGER_METRICS } from './ledger-metrics.js';
import { CaptureWatch } from '../row-changes/attest/capture-watch.service.js';
import { RowChangeDrain } from '../row-changes/row-change-drain.service.js';
import { LedgerWatch } from '../publishing/ledger-watch.service.js';
import { registerPulled } from './pulled-metric.js';
import { CAPTURE_METRICS } from './capture-metrics.js';
import { ROW_CHANGE_METRICS } from './row-change-metrics.js';
import { STREAM_METRICS, streamSource } from './stream-metrics.js';
import { StreamRunner } from '../streams/stream-runner.service.js';
import { AlertFiguresReader } from '../watch/alerts/alert-figures.service.js';
import { WatchRunner } from '../watch/watch-runner.service.js';
import { ReplicaFreshness } from '../store/replica-freshness.service.js';
import { REPLICA_METRICS } from './replica-metrics.js';
import { registerAlertMetrics } from './alert-metrics.js';

/**
 * The audit's metrics, in a registry of prom-client of their own, which `GET /metrics` shows. To have them beside the
 * application's: `Registry.merge([register, auditMetrics.registry])`.
 */
@Injectable()
export class AuditMetrics {
  readonly registry = new Registry();

  constructor(
    @Inject(AuditAggregator) aggregator: AuditAggregator,
    @Inject(LedgerWatch) ledger: LedgerWatch,
    @Inject(Sequencer) sequencer: Sequencer,
    @Inject(SelfCheck) selfCheck: SelfCheck,
    @Inject(CheckpointPublisher) publisher: CheckpointPublisher,
    @Inject(RowChangeDrain) drain: RowChangeDrain,
    @Inject(CaptureWatch) watch: CaptureWatch,
    @Inject(StreamRunner) streams: StreamRunner,
    @Inject(AlertFiguresReader) alerts: AlertFiguresReader,
    @Inject(WatchRunner) rules: WatchRunner,
    @Inject(ReplicaFreshness) freshness: ReplicaFreshness,
  ) {
    const integrity: IntegritySource = { sequencer, selfCheck, publisher };
    registerBuildInfo(this.registry);
    registerPulled(this.registry, DELIVERY_METRICS, () => aggregator);
    aggregator.onBatch(registerBatchMetrics(this.registry));
    registerPulled(this.registry, LEDGER_METRICS, () => ledger.look());
    registerPulled(this.registry, INTEGRITY_METRICS, () => integrity);
    registerPulled(this.registry, ROW_CHANGE_METRICS, () => drain.status);
    registerPulled(this.registry, CAPTURE_METRICS, () => watch.status);
    registerPulled(this.registry, STREAM_METRICS, () => streamSource(streams, ledger));
    registerPulled(this.registry, REPLICA_METRICS, () => freshness.state);
    registerAlertMetrics(this.registry, alerts, ledger, rules);
  }
}
