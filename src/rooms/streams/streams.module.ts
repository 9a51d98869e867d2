import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { registerPulled } from '../../monitoring/operate/metrics/pulled-metric.js';
import { LedgerStatus } from '../../monitoring/operate/health/ledger-health.service.js';
import { fromFactory, roomModule, type RoomAsyncOptions, type RoomOptions } from '../../monitoring/room.module.js';
import { runningCheck } from '../../monitoring/store/ledger-state.js';
import { LEDGER_ROOMS, type LedgerRooms } from '../../monitoring/store/ledger-rooms.service.js';
import { AuditStreamsController } from './http/audit-streams.controller.js';
import { StreamOperations } from './manage/stream-operations.service.js';
import { STREAM_METRICS, streamSource } from './stream-metrics.js';
import { StreamRunner } from './stream-runner.service.js';
import { resolveStreamsOptions, STREAMS_OPTIONS, type StreamsOptions } from './streams-options.js';

/** Sends the sealed events of `MonitoringModule` to destinations, in order and at least once. */
@Module({})
export class StreamsModule {
  constructor(
    @Inject(LEDGER_ROOMS) rooms: LedgerRooms,
    @Inject(StreamRunner) runner: StreamRunner,
    @Inject(LedgerStatus) ledger: LedgerStatus,
  ) {
    rooms.register({
      name: StreamsModule.name,
      checks: [runningCheck('streams', ['reader'], () => runner.health())],
      metrics: (registry) => registerPulled(registry, STREAM_METRICS, () => streamSource(runner, ledger)),
    });
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: RoomOptions<StreamsOptions> = {}): DynamicModule {
    return this.forRootAsync(fromFactory<StreamsOptions>(options));
  }

  /** Like {@link forRoot}, with options from a factory. */
  static forRootAsync(options: RoomAsyncOptions<StreamsOptions>): DynamicModule {
    return roomModule(
      {
        ...{ module: StreamsModule, name: 'Streams', options: STREAMS_OPTIONS, resolve: resolveStreamsOptions },
        controllers: [AuditStreamsController],
        providers: [StreamRunner, StreamOperations],
        exports: [StreamRunner, StreamOperations],
      },
      options,
    );
  }
}
