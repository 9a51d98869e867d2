import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { registerPulled } from '../../monitoring/operate/metrics/pulled-metric.js';
import { LedgerStatus } from '../../monitoring/operate/health/ledger-health.service.js';
import {
  fromFactory,
  createExtensionModule,
  type ExtensionAsyncOptions,
  type ExtensionOptions,
} from '../../monitoring/extension.module.js';
import { LEDGER_EXTENSIONS, type LedgerExtensions } from '../../monitoring/store/ledger-extensions.service.js';
import { runningCheck } from '../../monitoring/store/ledger-state.js';
import { CaptureWatch } from './attest/capture-watch.service.js';
import { CAPTURE_OPTIONS, resolveCapture, type RowChangesOptions } from './capture-options.js';
import { OUTBOX } from './outbox-part.js';
import { RowChangeDrain } from './row-change-drain.service.js';
import { CAPTURE_METRICS, OUTBOX_METRICS, ROW_CHANGE_METRICS } from './row-change-metrics.js';

const HOUR_MS = 3_600_000;

/** Moves the row changes that triggers capture into the ledger of `MonitoringModule`. */
@Module({})
export class RowChangesModule {
  constructor(
    @Inject(LEDGER_EXTENSIONS) extensions: LedgerExtensions,
    @Inject(RowChangeDrain) drain: RowChangeDrain,
    @Inject(CaptureWatch) watch: CaptureWatch,
    @Inject(LedgerStatus) ledger: LedgerStatus,
  ) {
    extensions.register({
      name: RowChangesModule.name,
      stateQuery: OUTBOX,
      checks: [
        runningCheck('outbox', ['ledger'], ({ ledger }) => drain.health(ledger)),
        runningCheck('capture', ['ledger'], () => watch.health()),
      ],
      metrics: (registry) => {
        registerPulled(registry, OUTBOX_METRICS, async () => {
          const { extensionRows, ageSeconds } = await ledger.newest();
          return drain.readOutbox(extensionRows.get(OUTBOX), ageSeconds);
        });
        registerPulled(registry, ROW_CHANGE_METRICS, () => drain.status);
        registerPulled(registry, CAPTURE_METRICS, () => watch.status);
      },
      jobs: [{ name: 'audit-capture-watch', periodMs: HOUR_MS, runsAtStart: true, run: async () => watch.run() }],
    });
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: ExtensionOptions<RowChangesOptions> = {}): DynamicModule {
    return this.forRootAsync(fromFactory<RowChangesOptions>(options));
  }

  /** Like {@link forRoot}, with options from a factory. */
  static forRootAsync(options: ExtensionAsyncOptions<RowChangesOptions>): DynamicModule {
    const services = [RowChangeDrain, CaptureWatch];
    return createExtensionModule(
      {
        ...{ module: RowChangesModule, name: 'RowChanges', options: CAPTURE_OPTIONS, resolve: resolveCapture },
        ...{ providers: services, exports: services },
      },
      options,
    );
  }
}
