import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { fromFactory, roomModule, type RoomAsyncOptions, type RoomOptions } from '../../monitoring/room.module.js';
import { PrimaryQuery } from '../../monitoring/read/query/primary-query.service.js';
import { isUuid } from '../../monitoring/read/query/query-parameters.js';
import { LEDGER_ROOMS, type LedgerRooms } from '../../monitoring/store/ledger-rooms.service.js';
import { ALERT_RAISED } from './alert-event.js';
import { MAX_MATCHED_IDS } from './alert-sql.js';
import type { SqlValues } from '../../monitoring/read/query/sql-values.js';
import { resolveWatch, WATCH_OPTIONS, type WatchOptions } from './watch-options.js';
import { WatchRules } from './watch-rules.service.js';

/** Runs rules over the sealed events of `MonitoringModule`, and raises alerts. */
@Module({})
export class WatchModule {
  constructor(@Inject(LEDGER_ROOMS) rooms: LedgerRooms, @Inject(PrimaryQuery) ledger: PrimaryQuery) {
    rooms.register({
      name: WatchModule.name,
      eventParts: {
        matched: async (access, { id, type, details }) => {
          if (type !== ALERT_RAISED) return undefined;
          const { matched } = details as { readonly matched?: unknown };
          const ids = [matched].flat().filter(isUuid); // an application may have recorded an event that looks like an alert
          const query = { order: 'asc', limit: MAX_MATCHED_IDS, names: true } as const;
          const conditions = (values: SqlValues) => [`id = ANY (${values.place(ids)}::uuid[])`];
          return (await ledger.findThat(access, query, { about: { matchedBy: id }, conditions })).items;
        },
      },
    });
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: RoomOptions<WatchOptions> = {}): DynamicModule {
    return this.forRootAsync(fromFactory<WatchOptions>(options));
  }

  /** Like {@link forRoot}, with options from a factory. */
  static forRootAsync(options: RoomAsyncOptions<WatchOptions>): DynamicModule {
    return roomModule(
      {
        ...{ module: WatchModule, name: 'Watch', options: WATCH_OPTIONS, resolve: resolveWatch },
        providers: [WatchRules],
      },
      options,
    );
  }
}
