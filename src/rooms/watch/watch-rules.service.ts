import { Inject, Injectable, Logger } from '@nestjs/common';
import { buildOwnEvent, Catalogue, withIdempotencyKey } from '../../audit/nest-free.js';
import { LogConsumers } from '../../monitoring/consumers/log-consumers.service.js';
import type {
  ConsumerPlace,
  Outcome,
  PreparedBatch,
  RangeConsumer,
  SkippedRange,
} from '../../monitoring/consumers/range-consumer.js';
import { appendEvents } from '../../monitoring/inbox/append-own-event.js';
import { firstIndex } from '../../monitoring/read/query/places/sealed-events.service.js';
import { firstIdAt } from '../../monitoring/store/id-time.js';
import { PrimaryReader } from '../../monitoring/store/ledger-reader.service.js';
import { BackgroundPool } from '../../monitoring/store/sessions/ledger-pools.service.js';
import { ALERT_RAISED, alertInput, WATCH_CONSUMER } from './alert-event.js';
import type { FoundAlert } from './correlate/correlate.js';
import { AlertFinder, selectNewAlerts } from './find-alerts.js';
import { MOST_PLACES, RuleEvaluator, type PlaceRange } from './evaluate-rules.js';
import { WATCH_OPTIONS, type ResolvedWatch } from './watch-options.js';

const MOST_APPENDED = 500;
/** How long a batch waits until the alerts of the earlier batches are sealed. */
const SETTLED_MS = 10_000;
/** New rules begin with the events of the last day. */
const LOOK_BACK_MS = 24 * 3_600_000;

/** Runs the rules over the sealed events, as a consumer of the log, and records alerts. */
@Injectable()
export class WatchRules implements RangeConsumer {
  readonly name = WATCH_CONSUMER;
  readonly from = 'beginning';
  readonly keepsEvents = false;
  readonly about = {};
  readonly maxEvents = MOST_PLACES;
  /** Whether any rules run. */
  readonly isOn: boolean;
  private readonly logger = new Logger('AuditLedger');
  private readonly finder: AlertFinder;

  constructor(
    @Inject(WATCH_OPTIONS) { rules, countryOf }: ResolvedWatch,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(BackgroundPool) private readonly writer: BackgroundPool,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(LogConsumers) consumers: LogConsumers,
  ) {
    this.finder = new AlertFinder(reader, rules, new RuleEvaluator(reader, rules, catalogue, countryOf));
    this.isOn = rules.length > 0;
    if (this.isOn) consumers.add(this);
  }

  async prepare(place: ConsumerPlace): Promise<PreparedBatch | SkippedRange> {
    const { first, end, frozen, retry, limit, replay } = place;
    if (first === 0 && (frozen ?? retry ?? replay) === undefined) {
      const since = firstIdAt(new Date(Date.now() - LOOK_BACK_MS));
      const begin = (await firstIndex(this.reader, { scope: 'all' }, since)) ?? end;
      if (begin > 0) return { skipTo: Math.min(begin, end) };
    }
    const next = retry === undefined ? { first, end: Math.min(first + limit, end) } : { first: retry, end: retry + 1 };
    const range = frozen ?? { ...next, retried: retry };
    const events = Array.from({ length: range.end - range.first }, (_, nth) => range.first + nth);
    return { more: {}, ...range, events, handle: (signal) => this.handle(range, signal) };
  }

  private async handle({ first, end }: { first: number; end: number }, signal: AbortSignal): Promise<Outcome> {
    const alerts = await this.alertsIn({ first, last: end - 1 });
    if (alerts.length > 0) await this.raise(alerts, signal);
    return { outcome: 'handled' };
  }

  /** The alerts of earlier batches must be sealed, or the same attack would raise another one. */
  private async alertsIn(range: PlaceRange): Promise<readonly FoundAlert[]> {
    const found = await this.finder.find(range);
    if (found.length === 0) return [];
    await this.reader.settled(SETTLED_MS);
    return selectNewAlerts(found, await this.finder.known(found));
  }

  private async raise(alerts: readonly FoundAlert[], signal: AbortSignal): Promise<void> {
    const made = alerts.map((alert) => {
      const key = `${alert.rule.rule.name} ${alert.match.id}`; // another process may handle the same batch
      return { alert, event: withIdempotencyKey(buildOwnEvent(ALERT_RAISED, alertInput(alert)), key) };
    });
    await this.writer.use(
      (session) =>
        session.inTransaction(async () => {
          for (let first = 0; first < made.length; first += MOST_APPENDED) {
            const events = made.slice(first, first + MOST_APPENDED).map(({ event }) => event);
            await appendEvents(session, events);
          }
        }),
      signal,
    );
    for (const { alert, event } of made) {
      const { name, title, level } = alert.rule.rule;
      this.logger.warn(`Alert (${level}): ${title}. The rule ${name} found it; the event is ${event.id}.`);
    }
  }
}
