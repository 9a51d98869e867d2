import { Inject, Module, type DynamicModule } from '@nestjs/common';
import {
  fromFactory,
  createExtensionModule,
  type ExtensionAsyncOptions,
  type ExtensionOptions,
} from '../../monitoring/extension.module.js';
import { PrimaryQuery } from '../../monitoring/read/query/primary-query.service.js';
import { isUuid } from '../../monitoring/read/query/query-parameters.js';
import { LEDGER_EXTENSIONS, type LedgerExtensions } from '../../monitoring/store/ledger-extensions.service.js';
import { ALERT_RAISED } from './alert-event.js';
import { MAX_MATCHED_IDS } from './alert-sql.js';
import type { SqlValues } from '../../monitoring/read/query/sql-values.js';
import { resolveAlerts, ALERTS_OPTIONS, type AlertsOptions } from './alerts-options.js';
import { AlertRules } from './alert-rules.service.js';

/** Runs rules over the sealed events of `MonitoringModule`, and raises alerts. */
@Module({})
export class AlertsModule {
  constructor(@Inject(LEDGER_EXTENSIONS) extensions: LedgerExtensions, @Inject(PrimaryQuery) ledger: PrimaryQuery) {
    extensions.register({
      name: AlertsModule.name,
      eventParts: {
        matched: async (access, { id, type, details }) => {
          if (type !== ALERT_RAISED) return undefined;
          const { matched } = details as { readonly matched?: unknown };
          const ids = [matched].flat().filter(isUuid); // an application may have recorded an event that looks like an alert
          const query = { order: 'asc', limit: MAX_MATCHED_IDS, names: true } as const;
          const conditions = (values: SqlValues) => [`id = ANY (${values.bind(ids)}::uuid[])`];
          return (await ledger.findThat(access, query, { about: { matchedBy: id }, conditions })).items;
        },
      },
    });
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: ExtensionOptions<AlertsOptions> = {}): DynamicModule {
    return this.forRootAsync(fromFactory<AlertsOptions>(options));
  }

  /** Like {@link forRoot}, with options from a factory. */
  static forRootAsync(options: ExtensionAsyncOptions<AlertsOptions>): DynamicModule {
    return createExtensionModule(
      {
        ...{ module: AlertsModule, name: 'Alerts', options: ALERTS_OPTIONS, resolve: resolveAlerts },
        providers: [AlertRules],
      },
      options,
    );
  }
}
