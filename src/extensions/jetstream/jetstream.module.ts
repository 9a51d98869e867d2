import { Inject, Module, type DynamicModule } from '@nestjs/common';
import {
  fromFactory,
  createExtensionModule,
  type ExtensionAsyncOptions,
  type ExtensionOptions,
} from '../../monitoring/extension.module.js';
import { runningCheck } from '../../monitoring/store/ledger-state.js';
import { LEDGER_EXTENSIONS, type LedgerExtensions } from '../../monitoring/store/ledger-extensions.service.js';
import { EnvelopePublisher } from './envelope-publisher.service.js';
import { INGEST_OPTIONS, resolveIngest, type JetStreamOptions } from './ingest-options.js';

/** Lets NATS JetStream accept events before `MonitoringModule` stores them in the ledger. */
@Module({})
export class JetStreamModule {
  constructor(
    @Inject(LEDGER_EXTENSIONS) extensions: LedgerExtensions,
    @Inject(EnvelopePublisher) publisher: EnvelopePublisher,
  ) {
    extensions.register({
      name: JetStreamModule.name,
      checks: [runningCheck('ingest', ['reader'], () => publisher.health())],
      ingest: publisher,
    });
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: ExtensionOptions<JetStreamOptions>): DynamicModule {
    return this.forRootAsync(fromFactory<JetStreamOptions>(options));
  }

  /** Does the same as {@link forRoot}, with options from a factory. */
  static forRootAsync(options: ExtensionAsyncOptions<JetStreamOptions>): DynamicModule {
    return createExtensionModule(
      {
        ...{ module: JetStreamModule, name: 'JetStream', options: INGEST_OPTIONS, resolve: resolveIngest },
        providers: [EnvelopePublisher],
      },
      options,
    );
  }
}
