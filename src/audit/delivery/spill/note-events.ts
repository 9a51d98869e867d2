import { clearTimeout, setTimeout } from '../../../base/timers.js';
import type { AuditEvent } from '../../event/audit-event.js';
import type { SpillLines } from './spill-line.js';

const MOST_A_SECOND = 100;
const MAX_TYPE_LENGTH = 200;

/**
 * Notes on stderr the events that neither their provider nor the spill stored: one line each, without personal values, with the HMAC of the
 * spill's key. After 100 lines in a second, one line has the number of the others.
 *
 *     audit-noted <HMAC> {"provider":"database","id":"…","type":"order_created","occurredAt":"…","outcome":"success"}
 *     audit-noted <HMAC> {"more":1204}
 */
export class NotedEvents {
  private noted = 0;
  private more = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly lines: SpillLines) {}

  note(provider: string, events: readonly AuditEvent[]): void {
    for (const { id, type, occurredAt, outcome } of events) {
      if (this.noted++ >= MOST_A_SECOND) this.more++;
      else this.write({ provider, id, type: type.slice(0, MAX_TYPE_LENGTH), occurredAt, outcome });
    }
    this.timer ??= setTimeout(() => this.flush(), 1_000).unref();
  }

  /** Ends the second, and writes the number of the events without a line. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.more > 0) this.write({ more: this.more });
    [this.noted, this.more] = [0, 0];
  }

  private write(value: object): void {
    process.stderr.write(`audit-noted ${this.encode(value)}`);
  }

  private encode(value: object): string {
    try {
      return this.lines.encode('noted', value);
    } catch {
      return `- ${JSON.stringify(value)}\n`; // an application in development, without a spill or a ledger, has no key
    }
  }
}
