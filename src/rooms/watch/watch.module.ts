import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { fromFactory, roomModule, type RoomAsyncOptions, type RoomOptions } from '../../monitoring/room.module.js';
import { LEDGER_ROOMS, type LedgerRooms } from '../../monitoring/store/ledger-rooms.service.js';
import { registerAlertMetrics, AlertFiguresReader } from './alerts/alert-figures.service.js';
import { Alerts } from './alerts/alerts.service.js';
import { Suppressions } from './alerts/suppressions.service.js';
import { AuditWatchController } from './http/audit-watch.controller.js';
import { ReviewOpener } from './review/review-opener.service.js';
import { Reviews } from './review/reviews.service.js';
import { refuseSubject, Threads } from './threads/threads.service.js';
import { resolveWatch, WATCH_OPTIONS, type WatchOptions } from './watch-options.js';
import { WatchRules } from './watch-rules.service.js';

/** Runs rules over the sealed events of `MonitoringModule`, raises alerts, and opens reviews. */
@Module({})
export class WatchModule {
  constructor(
    @Inject(LEDGER_ROOMS) rooms: LedgerRooms,
    @Inject(WatchRules) rules: WatchRules,
    @Inject(AlertFiguresReader) alerts: AlertFiguresReader,
    @Inject(Threads) threads: Threads,
  ) {
    rooms.register({
      name: WatchModule.name,
      eventParts: {
        replies: async (access, { id }) => {
          refuseSubject(access);
          return threads.of(access, 'event', [id]);
        },
      },
      metrics: (registry) => registerAlertMetrics(registry, alerts, rules),
    });
  }

  /** Invalid options stop the boot: `AUDIT_OPTIONS_INVALID`, `AUDIT_MODULE_MISUSED`. */
  static forRoot(options: RoomOptions<WatchOptions> = {}): DynamicModule {
    return this.forRootAsync(fromFactory<WatchOptions>(options));
  }

  /** Like {@link forRoot}, with options from a factory. */
  static forRootAsync(options: RoomAsyncOptions<WatchOptions>): DynamicModule {
    const open = [Reviews, ReviewOpener, Threads, Alerts, Suppressions];
    return roomModule(
      {
        ...{ module: WatchModule, name: 'Watch', options: WATCH_OPTIONS, resolve: resolveWatch },
        controllers: [AuditWatchController],
        providers: [...open, WatchRules, AlertFiguresReader],
        exports: open,
      },
      options,
    );
  }
}
