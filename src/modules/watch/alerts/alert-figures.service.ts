import { Inject, Injectable } from '@nestjs/common';
import { withTimeout } from '../../../audit/plain.js';
import { firstIdAt } from '../../monitoring/store/id-time.js';
import { PrimaryReader } from '../../monitoring/store/sessions/primary-reader.service.js';
import { COUNT_ALERTS, COUNTED_DAYS } from './count-alerts.js';
import { TIMING } from '../../monitoring/store/timing.js';

/** Seconds by the level of alerts. */
type SecondsByLevel = Readonly<Record<string, number>>;

/** How many alerts there are, and how long people take. */
export interface AlertFigures {
  readonly counts: readonly { readonly rule: string; readonly state: string; readonly alerts: number }[];
  /** The age of the oldest open alert. */
  readonly openSeconds: SecondsByLevel;
  /** The medians of the time from an alert to the answer. */
  readonly acknowledgeSeconds: SecondsByLevel;
  readonly resolveSeconds: SecondsByLevel;
}

/** Counting may take a hundredth of the time at most. */
const REST = 100;
const LEAST_REST_MS = 1_000;
const DAY_MS = 86_400_000;

/** Counts the alerts of the last 30 days, for the metrics. */
@Injectable()
export class AlertFiguresReader {
  private known: AlertFigures | undefined;
  private restsUntilMs = 0;
  private counting: Promise<void> | undefined;

  constructor(@Inject(PrimaryReader) private readonly reader: Pick<PrimaryReader, 'eventRows'>) {}

  /**
   * The last counts; `undefined` before the first. It counts again after at least a second, and after a hundred times the duration of
   * counting. Never rejects; waits at most a second.
   */
  async look(): Promise<AlertFigures | undefined> {
    if (performance.now() >= this.restsUntilMs)
      this.counting ??= this.count().finally(() => (this.counting = undefined));
    if (this.counting) await withTimeout(TIMING.scrapeMs, this.counting, () => undefined);
    return this.known;
  }

  private async count(): Promise<void> {
    const startedAt = performance.now();
    const since = firstIdAt(new Date(Date.now() - COUNTED_DAYS * DAY_MS));
    try {
      const [row = {}] = await this.reader.eventRows({ scope: 'all' }, COUNT_ALERTS, [since]);
      this.known = figuresOf(row);
    } catch {
      // other metrics report an unreachable ledger
    }
    const endedAt = performance.now();
    this.restsUntilMs = endedAt + Math.max(LEAST_REST_MS, REST * (endedAt - startedAt));
  }
}

function figuresOf({ counts, open, acknowledged, resolved }: Readonly<Record<string, unknown>>): AlertFigures {
  return {
    // The statement builds JSON of these types.
    counts: (counts ?? []) as AlertFigures['counts'],
    openSeconds: (open ?? {}) as SecondsByLevel,
    acknowledgeSeconds: (acknowledged ?? {}) as SecondsByLevel,
    resolveSeconds: (resolved ?? {}) as SecondsByLevel,
  };
}
