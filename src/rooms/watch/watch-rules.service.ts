import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Catalogue } from '../../audit/nest-free.js';
import { LogConsumers } from '../../monitoring/consumers/log-consumers.service.js';
import type {
  ConsumerPlace,
  Outcome,
  PreparedBatch,
  RangeConsumer,
  SkippedRange,
} from '../../monitoring/consumers/range-consumer.js';
import { firstIndex } from '../../monitoring/read/query/places/sealed-events.service.js';
import { firstIdAt } from '../../monitoring/store/id-time.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { STORE_OPTIONS, type StoreOptions } from '../../monitoring/store/store-options.js';
import { warnInLog } from '../../monitoring/store/warn-in-log.js';
import { buildAlertEvent } from './alert-event.js';
import { AlertFinder } from './find-alerts.js';
import { WATCH_OPTIONS, type ResolvedWatch } from './watch-options.js';

/** New rules begin with the events of the last day. */
const LOOKBACK_MS = 24 * 3_600_000;

/** Long enough to count some millions of matches, so that a flood delays alerts, but does not prevent them. */
const READ_TIMEOUT_MS = 120_000;

/**
 * Evaluates the rules over the sealed events, as a consumer of the log. The alerts of a batch are stored in the transaction that moves the consumer's
 * position, so each event is evaluated once, and no alert needs to be found again.
 */
@Injectable()
export class WatchRules implements RangeConsumer, OnApplicationShutdown {
  readonly name = 'watch';
  readonly from = 'beginning';
  readonly keepsEvents = false;
  readonly about = {};
  readonly maxEvents = 5_000;
  private readonly logger = new Logger('AuditLedger');
  private readonly reader: LedgerReader;
  private readonly finder: AlertFinder;
  private evaluatedMs = 0;

  constructor(
    @Inject(WATCH_OPTIONS) { rules }: ResolvedWatch,
    @Inject(STORE_OPTIONS) { connectionUrl }: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(LogConsumers) consumers: LogConsumers,
  ) {
    const options = { connectionUrl, maxReadConnections: 1, timeoutMs: READ_TIMEOUT_MS };
    this.reader = new LedgerReader(options, warnInLog);
    this.finder = new AlertFinder(this.reader, rules, catalogue);
    if (rules.length > 0) consumers.add(this);
  }

  async prepare(place: ConsumerPlace): Promise<PreparedBatch | SkippedRange> {
    const { first, end, frozen, retry, limit, replay } = place;
    if (first === 0 && (frozen ?? retry ?? replay) === undefined) {
      const since = firstIdAt(new Date(Date.now() - LOOKBACK_MS));
      const begin = (await firstIndex(this.reader, { scope: 'all' }, since)) ?? end;
      if (begin > 0) return { skipTo: Math.min(begin, end) };
    }
    const next = retry === undefined ? { first, end: Math.min(first + limit, end) } : { first: retry, end: retry + 1 };
    const range = frozen ?? { ...next, retried: retry };
    const events = Array.from({ length: range.end - range.first }, (_, nth) => range.first + nth);
    return { more: {}, ...range, events, handle: () => this.evaluate(range) };
  }

  /** Pauses as long as the last evaluation took, so that a flood of matches leaves half of a core of the database to others. */
  pauseAfter(): number {
    return this.evaluatedMs;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.reader.onApplicationShutdown();
  }

  private async evaluate({ first, end }: { readonly first: number; readonly end: number }): Promise<Outcome> {
    const startedAt = performance.now();
    const alerts = await this.finder.find({ first, last: end - 1 });
    this.evaluatedMs = performance.now() - startedAt;
    const raised = alerts.map((alert) => ({ rule: alert.rule, event: buildAlertEvent(alert) }));
    return {
      outcome: 'handled',
      append: raised.map(({ event }) => event),
      onAppended: () => {
        for (const { rule, event } of raised)
          this.logger.warn(
            `Alert (${rule.level}): ${rule.title}. The rule ${rule.name} found it; the event is ${event.id}.`,
          );
      },
    };
  }
}
