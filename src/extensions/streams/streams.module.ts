import { setMaxListeners } from 'node:events';
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Catalogue } from '../../audit/nest-free.js';
import { LogConsumers } from '../../monitoring/consumers/log-consumers.service.js';
import { CheckpointSigner } from '../../monitoring/proof/signing/checkpoint-signer.service.js';
import {
  fromFactory,
  createExtensionModule,
  type ExtensionAsyncOptions,
  type ExtensionOptions,
} from '../../monitoring/extension.module.js';
import { LEDGER_EXTENSIONS, type LedgerExtensions } from '../../monitoring/store/ledger-extensions.service.js';
import { SelectedEvents } from './selected-events.js';
import { StreamConsumer } from './stream-consumer.js';
import { StreamThrottle } from './stream-throttle.js';
import { resolveStreamsOptions, STREAMS_OPTIONS, type StreamsOptions, type StreamsSlice } from './streams-options.js';

/** Sends the sealed events of `MonitoringModule` to destinations, in order and at least once: each stream is a consumer of the log. */
@Module({})
export class StreamsModule implements OnApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    @Inject(LEDGER_EXTENSIONS) extensions: LedgerExtensions,
    @Inject(STREAMS_OPTIONS) { streams }: StreamsSlice,
    @Inject(LogConsumers) consumers: LogConsumers,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(CheckpointSigner) signer: CheckpointSigner,
  ) {
    extensions.register({ name: StreamsModule.name });
    setMaxListeners(0, this.stopping.signal); // each stream listens
    const added: StreamConsumer[] = [];
    const pace = new StreamThrottle(this.stopping.signal, () => Math.max(0, ...added.map(({ lateMs }) => lateMs)));
    for (const stream of streams) {
      const events = new SelectedEvents(consumers.reader, catalogue, stream.pseudonymKey, pace);
      added.push(new StreamConsumer(stream, events, consumers.reader, signer));
    }
    for (const consumer of added) consumers.add(consumer);
  }

  /** Ends the waits of the throttle. */
  onApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: ExtensionOptions<StreamsOptions> = {}): DynamicModule {
    return this.forRootAsync(fromFactory<StreamsOptions>(options));
  }

  /** Like {@link forRoot}, with options from a factory. */
  static forRootAsync(options: ExtensionAsyncOptions<StreamsOptions>): DynamicModule {
    return createExtensionModule(
      {
        ...{ module: StreamsModule, name: 'Streams', options: STREAMS_OPTIONS, resolve: resolveStreamsOptions },
        providers: [],
      },
      options,
    );
  }
}
