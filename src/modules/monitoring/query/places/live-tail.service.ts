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

export interface TailRequest {
  readonly access: LedgerAccess;
  readonly filters: Partial<EventFilters>;
  /** The index after which the tail begins. By default, the tail begins after the newest index. */
  readonly after?: number | undefined;
  /** When the signal is aborted, the tail ends. */
  readonly signal: AbortSignal;
}

const MOST_FOLLOWERS = 50;
const PAGE = 100;
const BEAT_MS = 15_000;
const LONGEST_MS = 300_000;

/**
 * Streams new events to readers in the order of the events' indexes. An event that is stored late gets a later index, so that it is not
 * missed.
 */
export class LiveTail implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private followers = 0;
  private poll: Promise<number> | undefined;

  constructor(private readonly sealed: SealedEvents) {}

  /** Ends every tail, so that the server can close its connections. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /**
   * Yields the events that were sealed after an index, page by page, and then each new event. Yields an empty page every 15 s if no new
   * event exists, or while the database is unreachable. A tail ends after five minutes; when the reader resumes the tail after the last
   * page, the application authorises the reader again. Omits events about reads by the same rule as {@link SealedEvents.newer}.
   *
   * @throws TailsBusyError (`AUDIT_TAILS_BUSY`) and, for the first page, the errors of {@link SealedEvents.newer}
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
        if (next && performance.now() > endsAt) return; // while the database is unreachable, the tail stays open: a browser would not reconnect
        page = next ?? { items: [], after: page.after, isWhole: true };
      }
    } finally {
      this.followers -= 1;
    }
  }

  private async wait(index: number, ended: AbortSignal, left: Promise<number>): Promise<boolean> {
    const endsAt = performance.now() + BEAT_MS;
    while (!ended.aborted && performance.now() < endsAt && (await Promise.race([this.nextPoll(), left])) <= index);
    return !ended.aborted;
  }

  private nextPoll(): Promise<number> {
    this.poll ??= delay(TIMING.tailMs, undefined, { signal: this.stopping.signal })
      .then(() => this.sealed.newestIndex())
      .catch(() => -1) // the next read reports the error
      .finally(() => (this.poll = undefined));
    return this.poll;
  }
}

function unlessAway(error: unknown): undefined {
  if (!(error instanceof LedgerUnavailableError)) throw error;
}

const EVERY_MS = 60_000;

/** Counts the events that a tail sends. Reports the count at the first event, then at most once a minute, and at the end. */
export class ShownByTail {
  private count = 0;
  private reportsAt = 0;

  constructor(private readonly report: (count: number) => void) {}

  add(count: number): void {
    this.count += count;
    if (performance.now() >= this.reportsAt) this.end();
  }

  end(): void {
    if (this.count === 0) return;
    this.report(this.count);
    this.count = 0;
    this.reportsAt = performance.now() + EVERY_MS;
  }
}
