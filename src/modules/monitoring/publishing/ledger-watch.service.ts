import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { within } from '../../../audit/plain.js';
import { explainLedgerError } from '../store/explain-ledger-error.js';
import { LedgerStateReader } from '../store/ledger-state-reader.service.js';
import type { KnownLedger } from '../store/state-part.js';
import { TIMING } from '../store/timing.js';
import { CheckpointPublisher } from './checkpoint-publisher.service.js';
import { PUBLISHED_AGES } from './publication-records.service.js';

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
  private error: unknown;
  private asking: Promise<void> | undefined;

  constructor(
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'state' | 'rows'>,
    @Inject(CheckpointPublisher) private readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>,
  ) {}

  /** What is known, asked again. Never rejects; waits at most a second, and not at all for a ledger that is out of reach. */
  async look(): Promise<KnownLedger> {
    this.asking ??= this.askOnce().finally(() => (this.asking = undefined));
    if (this.isUp !== false) await within(TIMING.scrapeMs, this.asking, () => (this.isUp = false));
    return this.known;
  }

  /**
   * What the ledger answers now, however long that takes.
   *
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async ask(): Promise<KnownLedger> {
    this.asking ??= this.askOnce().finally(() => (this.asking = undefined));
    await this.asking;
    if (this.error !== undefined) throw explainLedgerError(this.error);
    return this.known;
  }

  private get known(): KnownLedger {
    const { state, published, atMs } = this.answer;
    return { isUp: this.isUp === true, state, published, ageSeconds: (performance.now() - atMs) / 1_000 };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.asking;
  }

  private async askOnce(): Promise<void> {
    try {
      const state = await this.reader.state();
      const published = await this.askPublished().catch(() => new Map<string, number>()); // why, the part of the publisher says
      this.answer = { state, published, atMs: performance.now() };
      this.isUp = true;
      this.error = undefined;
    } catch (error) {
      this.isUp = false; // what is wrong with it, its writers log
      this.error = error;
    }
  }

  /** Of the destinations that are configured. */
  private async askPublished(): Promise<ReadonlyMap<string, number>> {
    const names = this.publisher.destinationStates.map(({ name }) => name);
    if (names.length === 0) return new Map();
    const rows = await this.reader.rows(PUBLISHED_AGES, [names]);
    return new Map(rows.map(({ destination, age }) => [String(destination), Math.max(Number(age), 0)]));
  }
}
