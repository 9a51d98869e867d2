import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { fromFactory, roomModule, type RoomAsyncOptions, type RoomOptions } from '../../monitoring/room.module.js';
import { runningCheck } from '../../monitoring/store/ledger-state.js';
import { LEDGER_ROOMS, type LedgerRooms } from '../../monitoring/store/ledger-rooms.service.js';
import { EnvelopePublisher } from './envelope-publisher.service.js';
import { INGEST_OPTIONS, resolveIngest, type JetStreamOptions } from './ingest-options.js';

/** Lets NATS JetStream accept events before `MonitoringModule` stores them in the ledger. */
@Module({})
export class JetStreamModule {
  constructor(@Inject(LEDGER_ROOMS) rooms: LedgerRooms, @Inject(EnvelopePublisher) publisher: EnvelopePublisher) {
    rooms.register({
      name: JetStreamModule.name,
      checks: [runningCheck('ingest', ['reader'], () => publisher.health())],
      ingest: publisher,
    });
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: RoomOptions<JetStreamOptions>): DynamicModule {
    return this.forRootAsync(fromFactory<JetStreamOptions>(options));
  }

  /** Does the same as {@link forRoot}, with options from a factory. */
  static forRootAsync(options: RoomAsyncOptions<JetStreamOptions>): DynamicModule {
    return roomModule(
      {
        ...{ module: JetStreamModule, name: 'JetStream', options: INGEST_OPTIONS, resolve: resolveIngest },
        providers: [EnvelopePublisher],
      },
      options,
    );
  }
}
