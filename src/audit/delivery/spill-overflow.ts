import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { errorMessage } from '../errors/error-facts.js';
import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { Overflow } from './delivery-queue.js';
import type { BatchAnswer } from './offer-batch.js';
import type { DeliveryResult } from './receipt.js';
import type { SpillFolder } from './spill-folder.js';

const REPLAY_EVERY_MS = 5_000;

/** Offers events to a provider once more. */
export type Reoffer = (backend: string, events: readonly AuditEvent[]) => Promise<BatchAnswer>;

/** What was kept or lost since the start, by backend. */
export interface OverflowCounts {
  spilled: number;
  replayed: number;
  failed: number;
}

/** Keeps in the spill what providers could not take, and replays it when they are back. Without a folder it can only report. */
export class SpillOverflow implements Overflow {
  private readonly logger = new Logger('AuditSpill');
  private readonly byBackend = new Map<string, OverflowCounts>();
  private readonly pending = new Set<string>();
  private replaying: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  /** The replay works for no request. */
  private readonly ownContext = new AsyncResource('AuditSpillReplay');

  constructor(
    private readonly folder: SpillFolder | undefined,
    private readonly reoffer: Reoffer,
  ) {}

  /** Whether something of a backend waits in the spill, left by an earlier process or by this one. */
  holds(backend: string): boolean {
    return this.pending.has(backend);
  }

  /** What was spilled, replayed and lost since the start, by backend. */
  counts(): Readonly<Record<string, Readonly<OverflowCounts>>> {
    return Object.fromEntries(this.byBackend);
  }

  /**
   * Replays in the background what an earlier process left, as far as its providers are among `backends`.
   *
   * @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) when the folder cannot be made
   */
  async start(backends: readonly string[]): Promise<void> {
    if (!this.folder) return;
    const { folder } = this;
    await folder.prepare().catch((error: unknown) => {
      throw new InvalidOptionsError([`spillDir ${folder.path} cannot be made: ${errorMessage(error)}`]);
    });
    for (const backend of await this.folder.backlog()) {
      if (backends.includes(backend)) this.pending.add(backend);
    }
    if (this.pending.size > 0) this.replaySoon();
  }

  async keep(backend: string, events: readonly AuditEvent[], error: string): Promise<DeliveryResult> {
    const counts = this.countsOf(backend);
    try {
      if (!this.folder) throw new Error('no spill folder is configured');
      await this.folder.append(backend, events);
    } catch (spillError) {
      counts.failed += events.length;
      this.logger.error(
        `Cannot store ${describe(events)} at the audit provider "${backend}": ${error}; nor in the spill: ${errorMessage(spillError)}. ` +
          'These events are lost. Repair the provider, and set a spill folder on a disk with room.',
      );
      return { status: 'failed', error };
    }
    if (!this.pending.has(backend)) {
      this.logger.warn(
        `Cannot store ${describe(events)} at the audit provider "${backend}": ${error}. ` +
          `Kept in the spill ${this.folder.path}, to be replayed when the provider is back.`,
      );
    }
    counts.spilled += events.length;
    this.pending.add(backend);
    this.replayLater();
    return { status: 'spilled', error };
  }

  /** Ends the replay under way and closes the files. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.replaying;
    await this.folder?.close();
  }

  private replayLater(): void {
    if (this.closed) return;
    this.timer ??= this.ownContext
      .runInAsyncScope(setTimeout, undefined, () => this.replaySoon(), REPLAY_EVERY_MS)
      .unref();
  }

  private replaySoon(): void {
    this.timer = undefined;
    if (this.closed || !this.folder) return;
    this.replaying ??= this.replayAll(this.folder).then(() => {
      this.replaying = undefined;
      if (this.pending.size > 0) this.replayLater();
    });
  }

  private async replayAll(folder: SpillFolder): Promise<void> {
    for (const backend of [...this.pending]) {
      const spilledBefore = this.countsOf(backend).spilled;
      const done = await this.replay(folder, backend).catch((error: unknown) => {
        this.logger.error(
          `Cannot replay the spill ${folder.path}: ${errorMessage(error)}. Check the folder; it is tried again.`,
        );
        return false;
      });
      // What was spilled meanwhile may have missed the replay.
      if (done && this.countsOf(backend).spilled === spilledBefore) this.pending.delete(backend);
    }
  }

  private async replay(folder: SpillFolder, backend: string): Promise<boolean> {
    const { replayed, corrupt, done, errors } = await folder.replay(backend, async (events) => {
      const answer = this.closed ? undefined : await this.reoffer(backend, events);
      return answer?.status === 'stored' ? { done: true, dead: [] } : { done: false };
    });
    for (const error of errors) {
      this.logger.error(`Cannot replay the spill ${folder.path}: ${error}. Check the folder; it is tried again.`);
    }
    this.countsOf(backend).replayed += replayed;
    if (replayed > 0)
      this.logger.log(`Replayed ${replayed} event(s) from the spill to the audit provider "${backend}".`);
    if (corrupt > 0) {
      this.logger.error(
        `Cannot read ${corrupt} line(s) of the spill ${folder.path}. They are set aside in files ending in .corrupt.`,
      );
    }
    return done;
  }

  private countsOf(backend: string): OverflowCounts {
    const counts = this.byBackend.get(backend) ?? { spilled: 0, replayed: 0, failed: 0 };
    this.byBackend.set(backend, counts);
    return counts;
  }
}

function describe(events: readonly AuditEvent[]): string {
  const first = events[0];
  if (first === undefined) return 'no event';
  return events.length === 1 ? `the event ${first.type} ${first.id}` : `${events.length} events, ${first.id} the first`;
}
