import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CheckpointPublisher } from '../publishing/checkpoint-publisher.service.js';
import { PUBLISHED_AGES } from '../publishing/publication-records.service.js';
import { LedgerStateReader } from '../store/ledger-state-reader.service.js';
import type { LedgerState } from '../store/ledger-state.js';
import { waitAtMost } from '../store/wait-at-most.js';
import { TIMING } from '../store/timing.js';

/** What is known of the ledger. */
export interface KnownLedger {
  /** Whether it answered when it was asked last. */
  readonly isUp: boolean;
  /** What it said last; `undefined` before its first answer. */
  readonly state: LedgerState | undefined;
  /** How long ago a checkpoint was published, in seconds, by destination, as of the last answer. */
  readonly published: ReadonlyMap<string, number>;
  /** How long ago that answer came. */
  readonly ageSeconds: number;
}

interface Answer extends Pick<KnownLedger, 'state' | 'published'> {
  readonly atMs: number;
}

/**
 * Asks the ledger how it is, when somebody wants to know. A ledger that did not answer the last time is asked in the background, so that nobody waits for it.
 */
@Injectable()
export class LedgerWatch implements OnApplicationShutdown {
  private answer: Answer = { state: undefined, published: new Map(), atMs: performance.now() };
  private isUp: boolean | undefined;
  private asking: Promise<void> | undefined;

  constructor(
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'state' | 'rows'>,
    @Inject(CheckpointPublisher) private readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>,
  ) {}

  /** What is known, asked again. Never rejects; waits at most a second, and not at all for a ledger that is out of reach. */
  async look(): Promise<KnownLedger> {
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    if (this.isUp !== false && !(await waitAtMost(TIMING.scrapeMs, this.asking))) this.isUp = false;
    const { state, published, atMs } = this.answer;
    return { isUp: this.isUp === true, state, published, ageSeconds: (performance.now() - atMs) / 1_000 };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.asking;
  }

  private async ask(): Promise<void> {
    try {
      const state = await this.reader.state();
      const published = await this.askPublished();
      this.answer = { state, published, atMs: performance.now() };
      this.isUp = true;
    } catch {
      this.isUp = false; // what is wrong with it, its writers log
    }
  }

  /** Of the destinations that are configured; without any, the table need not even be readable. */
  private async askPublished(): Promise<ReadonlyMap<string, number>> {
    const names = this.publisher.destinationStates.map(({ name }) => name);
    if (names.length === 0) return new Map();
    const rows = await this.reader.rows(PUBLISHED_AGES, [names]);
    return new Map(rows.map(({ destination, age }) => [String(destination), Math.max(Number(age), 0)]));
  }
}
