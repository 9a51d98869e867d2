import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { LedgerUnavailableError } from '../../errors/ledger-unavailable.error.js';
import type { EventFilters } from '../event-filters.dto.js';
import type { NewerEvents } from '../ledger-event.dto.js';
import { SealedEvents } from './sealed-events.service.js';
import { TailsBusyError } from './tails-busy.error.js';
import { TIMING } from '../../store/timing.js';

/** What to follow, and from where. */
export interface TailRequest {
  readonly access: LedgerAccess;
  readonly filters: Partial<EventFilters>;
  /** The place after which to begin. Default: the newest. */
  readonly after?: number | undefined;
  /** Ends the tail. */
  readonly signal: AbortSignal;
}

const MOST_FOLLOWERS = 50;
const PAGE = 100;
const BEAT_MS = 15_000;
const LONGEST_MS = 300_000;

/** Follows the ledger for live readers, by the places of events: an event that is stored late gets a late place, so none is missed. */
export class LiveTail implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private followers = 0;
  private look: Promise<number> | undefined;

  constructor(private readonly sealed: SealedEvents) {}

  /** Ends every tail, so that the server can end its responses. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /**
   * Yields the events that were sealed after a place, page by page, and then each new one. An empty page comes when nothing is newer, and
   * every 15 s while that lasts, even if the database is unreachable. A tail ends after five minutes, so that the application authorises
   * the reader again; the reader resumes it after the last page. Events about reads of the ledger are treated as in {@link
   * SealedEvents.newer}.
   *
   * @throws TailsBusyError (`AUDIT_TAILS_BUSY`), and for the first page what {@link SealedEvents.newer} throws
   */
  async *follow({ access, filters, after, signal }: TailRequest): AsyncGenerator<NewerEvents, void, undefined> {
    if (this.followers >= MOST_FOLLOWERS) throw TailsBusyError.create(MOST_FOLLOWERS);
    this.followers += 1;
    const ended = AbortSignal.any([signal, this.stopping.signal]);
    const left = once(ended, 'abort').then(() => Infinity);
    const endsAt = performance.now() + LONGEST_MS;
    try {
      let page = await this.sealed.newer(access, filters, { after, limit: PAGE });
      while (!ended.aborted) {
        yield page;
        if (page.isWhole && !(await this.wait(page.after, ended, left))) return;
        const next = await this.sealed.newer(access, filters, { after: page.after, limit: PAGE }).catch(unlessAway);
        if (next && performance.now() > endsAt) return; // do not throw while the database is unreachable: a browser would give up
        page = next ?? { items: [], after: page.after, isWhole: true };
      }
    } finally {
      this.followers -= 1;
    }
  }

  /** Waits until there are newer events, or an empty page is due. Resolves with whether the reader still follows. */
  private async wait(place: number, ended: AbortSignal, left: Promise<number>): Promise<boolean> {
    const endsAt = performance.now() + BEAT_MS;
    while (!ended.aborted && performance.now() < endsAt && (await Promise.race([this.nextLook(), left])) <= place);
    return !ended.aborted;
  }

  /** Reads the newest place once for all waiting readers. */
  private nextLook(): Promise<number> {
    this.look ??= delay(TIMING.tailMs, undefined, { signal: this.stopping.signal })
      .then(() => this.sealed.newestPlace())
      .catch(() => -1) // the next read reports the error
      .finally(() => (this.look = undefined));
    return this.look;
  }
}

function unlessAway(error: unknown): undefined {
  if (!(error instanceof LedgerUnavailableError)) throw error;
}

const EVERY_MS = 60_000;

/** Counts the events that a tail shows, and reports the count: at once, each minute while it shows more, and at its end. */
export class ShownByTail {
  private count = 0;
  private tellsAt = 0;

  constructor(private readonly tell: (count: number) => void) {}

  add(count: number): void {
    this.count += count;
    if (performance.now() >= this.tellsAt) this.end();
  }

  end(): void {
    if (this.count === 0) return;
    this.tell(this.count);
    this.count = 0;
    this.tellsAt = performance.now() + EVERY_MS;
  }
}
