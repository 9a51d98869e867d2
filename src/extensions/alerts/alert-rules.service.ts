import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Catalogue } from '../../audit/nest-free.js';
import { LogConsumers } from '../../monitoring/consumers/log-consumers.service.js';
import type {
  ConsumerPosition,
  BatchOutcome,
  PreparedBatch,
  RangeConsumer,
  SkippedRange,
} from '../../monitoring/consumers/range-consumer.js';
import { readFirstIndex } from '../../monitoring/read/query/position/sealed-events.service.js';
import { createFirstIdAt } from '../../monitoring/store/id-time.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { STORE_OPTIONS, type StoreOptions } from '../../monitoring/store/store-options.js';
import { logWarning } from '../../monitoring/store/log-warning.js';
import { buildAlertEvent } from './alert-event.js';
import { AlertFinder } from './find-alerts.js';
import { ALERTS_OPTIONS, type ResolvedAlerts } from './alerts-options.js';

/** New rules begin with the events of the last day. */
const LOOKBACK_MS = 24 * 3_600_000;

/** Long enough to count some millions of matches, so that a flood delays alerts, but does not prevent them. */
const READ_TIMEOUT_MS = 120_000;

/**
 * Evaluates the rules over the sealed events, as a consumer of the log. The alerts of a batch are stored in the transaction that moves the consumer's
 * position, so each event is evaluated once, and no alert needs to be found again.
 */
@Injectable()
export class AlertRules implements RangeConsumer, OnApplicationShutdown {
  readonly name = 'alerts';
  readonly from = 'beginning';
  readonly delaysRetention = false;
  readonly about = {};
  readonly maxEvents = 5_000;
  private readonly logger = new Logger('AuditLedger');
  private readonly reader: LedgerReader;
  private readonly finder: AlertFinder;
  private evaluatedMs = 0;

  constructor(
    @Inject(ALERTS_OPTIONS) { rules }: ResolvedAlerts,
    @Inject(STORE_OPTIONS) { connectionUrl }: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(LogConsumers) consumers: LogConsumers,
  ) {
    const options = { connectionUrl, maxReadConnections: 1, timeoutMs: READ_TIMEOUT_MS };
    this.reader = new LedgerReader(options, logWarning);
    this.finder = new AlertFinder(this.reader, rules, catalogue);
    if (rules.length > 0) consumers.add(this);
  }

  async prepare(position: ConsumerPosition): Promise<PreparedBatch | SkippedRange> {
    const { first, end, frozen, retry, limit, replay } = position;
    if (first === 0 && (frozen ?? retry ?? replay) === undefined) {
      const since = createFirstIdAt(new Date(Date.now() - LOOKBACK_MS));
      const begin = (await readFirstIndex(this.reader, { scope: 'all' }, since)) ?? end;
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

  private async evaluate({ first, end }: { readonly first: number; readonly end: number }): Promise<BatchOutcome> {
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
