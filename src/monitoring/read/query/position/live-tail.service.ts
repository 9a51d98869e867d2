import { pause as delay, hasCode } from '../../../../audit/nest-free.js';
import { once } from 'node:events';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { LedgerAccess } from '../../access/ledger-access.js';
import type { ListFilters } from '../event-query.dto.js';
import type { NewerEvents } from '../ledger-event.dto.js';
import { SealedEvents } from './sealed-events.service.js';
import { TIMING } from '../../../store/timing.js';
import { readErrors } from '../../../errors/read.errors.js';

export interface TailRequest {
  readonly access: LedgerAccess;
  readonly filters: Partial<ListFilters>;
  /** Identifies the reader, who gets a share of the places. `undefined` if the application does not name its readers. */
  readonly reader?: unknown;
  /** The index after which the tail begins. By default, the tail begins after the newest index. */
  readonly after?: number | undefined;
  /** When the signal is aborted, the tail ends. */
  readonly signal: AbortSignal;
}

const MAX_FOLLOWERS = 50;
const MAX_PER_READER = 5;
/** Only readers of all events get these places, so that nobody else can keep them from following. */
const RESERVED = 10;
const PAGE = 100;
const HEARTBEAT_MS = 15_000;
const MAX_DURATION_MS = 300_000;

/**
 * Streams new events to readers in the order of the events' indexes. An event that is stored late gets a later index, so that it is not
 * missed.
 */
export class LiveTail implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private followers: readonly unknown[] = [];
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
   * @throws `AUDIT_BUSY` and, for the first page, the errors of {@link SealedEvents.newer}
   */
  async *follow({ access, filters, reader, after, signal }: TailRequest): AsyncGenerator<NewerEvents, void, undefined> {
    const { length: following } = this.followers;
    const ofReader = this.followers.filter((each) => each !== undefined && each === reader);
    if (ofReader.length >= MAX_PER_READER) throw readErrors.AUDIT_BUSY.ofOne(MAX_PER_READER);
    if (following >= MAX_FOLLOWERS - (access.scope === 'all' ? 0 : RESERVED))
      throw readErrors.AUDIT_BUSY.ofAll(following);
    this.followers = [...this.followers, reader];
    const ended = AbortSignal.any([signal, this.stopping.signal]);
    const left = once(ended, 'abort').then(() => Infinity);
    const endsAt = performance.now() + MAX_DURATION_MS;
    try {
      let page = await this.sealed.newer(access, filters, { after, limit: PAGE });
      let polled = -1; // of the ledger: `page.after` may be an index of the reader's own events
      while (!ended.aborted) {
        yield page;
        const beatsAt = performance.now() + HEARTBEAT_MS;
        let next: NewerEvents | undefined;
        do {
          if (page.isComplete) polled = await this.wait(polled, beatsAt, left);
          if (polled === Infinity) return;
          next = await this.sealed.newer(access, filters, { after: page.after, limit: PAGE }).catch(ignoreDisconnect);
        } while (next?.items.length === 0 && next.after === page.after && performance.now() < beatsAt);
        if (next && performance.now() > endsAt) return; // while the database is unreachable, the tail stays open: a browser would not reconnect
        page = next ?? { items: [], after: page.after, isComplete: true };
      }
    } finally {
      const at = this.followers.lastIndexOf(reader);
      this.followers = this.followers.toSpliced(at, 1);
    }
  }

  /** Waits for an index after `known`, or for `endsAt`. Resolves with the newest index of the ledger; `Infinity` if the reader has left. */
  private async wait(known: number, endsAt: number, left: Promise<number>): Promise<number> {
    let newest: number;
    do newest = Math.max(known, await Promise.race([left, this.nextPoll()]));
    while (performance.now() < endsAt && newest <= known);
    return newest;
  }

  private nextPoll(): Promise<number> {
    this.poll ??= delay(TIMING.tailMs, undefined, { signal: this.stopping.signal })
      .then(() => this.sealed.newestIndex())
      .catch(() => -1) // the next read reports the error
      .finally(() => (this.poll = undefined));
    return this.poll;
  }
}

function ignoreDisconnect(error: unknown): undefined {
  if (!hasCode(error, 'AUDIT_LEDGER_UNAVAILABLE')) throw error;
}

const POLL_MS = 60_000;

/** Counts the events that a tail sends. Reports the count at the first event, then at most once a minute, and at the end. */
export class TailOutput {
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
    this.reportsAt = performance.now() + POLL_MS;
  }
}
