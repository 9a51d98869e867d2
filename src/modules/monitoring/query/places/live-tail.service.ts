import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { LedgerUnavailableError } from '../../errors/ledger-unavailable.error.js';
import type { EventFilters } from '../event-filters.dto.js';
import { SealedEvents, type NewerEvents } from './sealed-events.service.js';
import { TailsBusyError } from './tails-busy.error.js';
import { TIMING } from '../../store/timing.js';

/** What to follow. */
export interface TailRequest {
  readonly access: LedgerAccess;
  readonly filters: Partial<EventFilters>;
  /** The place behind which to begin. Default: the newest. */
  readonly after?: number | undefined;
  /** Ends the tail. */
  readonly signal: AbortSignal;
}

const MOST_FOLLOWERS = 50;
const PAGE = 100;
const BEAT_MS = 15_000;
const LONGEST_MS = 300_000;

/** Follows the ledger for those who read it live, by the places of events: what is stored late has a late place. */
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
   * What is sealed behind a place, page after page, and from then on whatever comes. A page without events comes when nothing is newer,
   * and every 15 s while that lasts, also while the database is away. A tail ends after five minutes, so that the application is asked
   * again who may read; it is resumed behind the last page. The events of reading the ledger are as in {@link SealedEvents.newer}.
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
        const next = await this.behind(access, filters, page.after);
        if (next && performance.now() > endsAt) return; // not while the database is away: a browser would give up
        page = next ?? { items: [], after: page.after, isWhole: true };
      }
    } finally {
      this.followers -= 1;
    }
  }

  private async behind(
    access: LedgerAccess,
    filters: Partial<EventFilters>,
    after: number,
  ): Promise<NewerEvents | undefined> {
    try {
      return await this.sealed.newer(access, filters, { after, limit: PAGE });
    } catch (error) {
      if (error instanceof LedgerUnavailableError) return undefined;
      throw error;
    }
  }

  /** Until there is more, or it is time for a page without events. Resolves with whether somebody still follows. */
  private async wait(place: number, ended: AbortSignal, left: Promise<number>): Promise<boolean> {
    const endsAt = performance.now() + BEAT_MS;
    while (!ended.aborted && performance.now() < endsAt && (await Promise.race([this.nextLook(), left])) <= place);
    return !ended.aborted;
  }

  /** The newest place, asked for once for all who wait. */
  private nextLook(): Promise<number> {
    this.look ??= delay(TIMING.tailMs, undefined, { signal: this.stopping.signal })
      .then(() => this.sealed.newestPlace())
      .catch(() => -1) // who reads next is told why
      .finally(() => (this.look = undefined));
    return this.look;
  }
}
