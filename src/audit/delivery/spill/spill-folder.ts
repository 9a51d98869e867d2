import { basename, join } from 'node:path';
import { errorMessage } from '../../../base/errors/error-facts.js';
import type { AuditEvent } from '../../event/audit-event.js';
import {
  encodeDeadLetter,
  encodeEvent,
  keyOf,
  readDeadLetters,
  type DeadLetter,
  type KeptDeadLetter,
} from './dead-letter.js';
import { claimFile, isLeftAlone } from './abandoned-files.js';
import { FloodCounts } from './flood-counts.js';
import { OneAtATime, Shared } from './one-at-a-time.js';
import { replaySegment, type Offer, type SegmentReplay } from './replay-segment.js';
import { inBlocks, SegmentWriter } from './segment-writer.js';
import type { Amount } from './spill-account.js';
import { SpillAccounts } from './spill-accounts.js';
import { SpillBudget } from './spill-budget.js';
import { SpillLines } from './spill-line.js';
import { newName, newSegmentName, parseName } from './spill-file.js';
import { surveyFolder, type SegmentFile, type Survey } from './survey-folder.js';
import { makeFolder, writeFileAtOnce } from '../../../base/sync-folder.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';

export type { DeadLetter, KeptDeadLetter } from './dead-letter.js';
export type { ReplayVerdict } from './replay-segment.js';

export interface SpillOptions {
  /** The maximum size of all files together. Dead letters may exceed this size. */
  readonly maxBytes: number;
  /** The keys for the lines. */
  readonly keys: WriterKeys;
}

/** The result of a replay. The replay is `done` if every file that could be claimed was offered without an error. */
export interface ReplaySummary extends SegmentReplay {
  /** The system's errors for files that the next replay retries. */
  readonly errors: readonly string[];
}

/** The content of a spill folder, according to the last survey and the writes of this process since then. */
export interface SpillStatus {
  readonly bytes: number;
  readonly maxBytes: number;
  /** Whether the last refused write would be refused again. */
  readonly full: boolean;
  /** Why the folder cannot be written. */
  readonly problem?: string | undefined;
  /** The number of files with events to replay, by backend. */
  readonly waitingFiles: Readonly<Record<string, number>>;
  /** The number of dead letters, by backend. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** The number of lines that cannot be read, in files ending in `.corrupt` or among the dead letters. */
  readonly corruptLines: number;
}

const NOTHING: Survey = { bytes: 0, segments: [], accounts: [], deadLetters: [], corrupt: [], corruptLines: 0 };

/**
 * A folder of append-only files, with one event per line, for the events that a provider could not store. A file's name states the backend,
 * and the process that writes or replays the file. Several processes may share a folder on a local disk, even with equal process ids.
 * `SegmentWriter` explains why no event is lost.
 */
export class SpillFolder {
  readonly accounts: SpillAccounts;
  readonly counts: FloodCounts;
  private readonly keys: WriterKeys;
  private readonly lines: SpillLines;
  private readonly writers = new Map<string, SegmentWriter>();
  private readonly deadLettersWriter: SegmentWriter;
  private readonly budget: SpillBudget;
  private readonly surveys = new Shared(() => this.measure());
  /** A file that is renamed while the folder is listed may be missing in the list. */
  private readonly listings = new OneAtATime();
  private latest: Survey = NOTHING;

  constructor(
    readonly path: string,
    { maxBytes, keys }: SpillOptions,
  ) {
    this.keys = keys;
    this.lines = new SpillLines(keys);
    this.accounts = new SpillAccounts(path, this.lines);
    this.counts = new FloodCounts(path, this.lines);
    this.budget = new SpillBudget(maxBytes);
    this.deadLettersWriter = new SegmentWriter(path, () => newName('dead'));
  }

  /** Creates the folder and a missing key file, reserves room for the counts, and checks the content. Rejects with the system's error. */
  async prepare(): Promise<void> {
    await makeFolder(this.path);
    await this.keys.make();
    await this.check();
  }

  /** Surveys the folder, and compares it with the counts of spilled events. Rejects with the system's error. */
  check(): Promise<Survey> {
    return this.listings.run(async () => {
      const { own } = this.accounts;
      const before = this.accounts.tallies();
      const survey = await this.surveys.run();
      await this.accounts.check(survey, before);
      // Another process took over the account, and with it the files of that account.
      if (this.accounts.own !== own) await Promise.all([...this.writers.values()].map((writer) => writer.rotate()));
      return survey;
    });
  }

  /**
   * Appends events. Resolves when they are on disk (`fdatasync`), in the order of the calls. Rejects with the system's error.
   * @throws `AUDIT_SPILL_FULL` when the folder would exceed `maxBytes`
   */
  async append(backend: string, events: readonly AuditEvent[]): Promise<void> {
    const { own } = this.accounts;
    if (!own.isWritten) await own.save().catch(() => undefined); // a segment without an account's file belongs to whoever finds it
    const blocks = inBlocks(events.map((event) => encodeEvent(this.lines, backend, event)));
    const bytes = blocks.reduce((sum, { length }) => sum + length, 0);
    if (!this.budget.fits(bytes)) await this.throwIfFull(bytes);
    const paths = await this.write(this.writerOf(backend), blocks);
    const parsed = parseName(basename(paths.at(-1) ?? ''));
    const account = parsed?.kind === 'segment' ? this.accounts.get(parsed.account) : undefined; // another process may have taken it over
    account?.spill(backend, { events: events.length, bytes });
    await account?.save().catch(() => this.check().catch(() => undefined)); // the events are on disk, and the next check retries
  }

  /** Appends events synchronously, for the end of the process. Throws the system's error, or `AUDIT_SPILL_FULL`. */
  appendAtOnce(backend: string, events: readonly AuditEvent[]): void {
    const lines = Buffer.from(events.map((event) => encodeEvent(this.lines, backend, event)).join(''));
    if (!this.budget.fits(lines.length))
      throw auditErrors.AUDIT_SPILL_FULL(this.path, this.budget.bytes, this.budget.maxBytes);
    const { own } = this.accounts;
    writeFileAtOnce(join(this.path, newSegmentName(backend, own.id)), lines);
    own.spill(backend, { events: events.length, bytes: lines.length });
    own.saveAtOnce();
  }

  /** Counts lost events. Resolves when the count is on disk. Rejects with the system's error; the next check retries. */
  async lose(backend: string, events: number): Promise<void> {
    this.accounts.own.lose(backend, events);
    await this.accounts.own.save();
  }

  /** Counts lost events synchronously, for the end of the process. Throws the system's error. */
  loseAtOnce(backend: string, events: number): void {
    this.accounts.own.lose(backend, events);
    this.accounts.own.saveAtOnce();
  }

  /** Returns the backends with events that {@link replay} would offer now. Reads the folder again. */
  async backlog(): Promise<readonly string[]> {
    const own = new Set([...this.writers.values()].map(({ path }) => path));
    const { segments } = await this.check();
    const waiting = segments.filter((file) => own.has(file.path) || !this.isTaken(file));
    return [...new Set(waiting.map(({ parsed }) => parsed.backend))];
  }

  /**
   * Offers the waiting events of a backend, oldest first, in parts of at most 500 events and 1 MiB. Removes each file whose events are all
   * stored or buried. Stops if `offer` resolves with `done: false`. Skips files that another living process is writing or replaying. Moves
   * damaged lines to files ending in `.corrupt`. If a file fails, or `offer` rejects, the file remains, and the replay continues with the
   * next file. Rejects with the system's error only when the folder cannot be listed.
   */
  async replay(backend: string, offer: Offer): Promise<ReplaySummary> {
    await this.writers.get(backend)?.rotate();
    const { segments } = await this.check();
    const sum = { replayed: 0, dead: 0, corrupt: 0 };
    const errors: string[] = [];
    for (const file of segments) {
      if (file.parsed.backend !== backend || this.isTaken(file)) continue;
      try {
        const { done, ...counts } = await replaySegment(file, this.lines, {
          offer,
          claim: (from, to) => this.listings.run(() => claimFile(from, to)),
          bury: (dead) => this.bury(backend, dead),
          settle: (count, bytes) => this.settle(file, { events: count, bytes }),
        });
        sum.replayed += counts.replayed;
        sum.dead += counts.dead;
        sum.corrupt += counts.corrupt;
        if (!done) return { ...sum, done: false, errors };
      } catch (error) {
        errors.push(errorMessage(error));
      }
    }
    await this.check();
    return { ...sum, done: errors.length === 0, errors };
  }

  /** Stores dead letters, for a person to inspect. Resolves when they are on disk. Ignores `maxBytes`. */
  async bury(backend: string, dead: readonly DeadLetter[]): Promise<void> {
    const at = new Date().toISOString();
    const lines = dead.map((letter) => encodeDeadLetter(this.lines, { backend, at, ...letter }));
    await this.write(this.deadLettersWriter, inBlocks(lines));
    await this.surveys.run();
  }

  /** Returns the dead letters, each event once for a backend, oldest first. */
  async deadLetters(): Promise<readonly KeptDeadLetter[]> {
    const { deadLetters } = await this.surveys.run();
    const letters = new Map<string, KeptDeadLetter>();
    for (const { path } of deadLetters) {
      for (const letter of (await readDeadLetters(path, this.lines)).letters) letters.set(keyOf(letter), letter);
    }
    return [...letters.values()].sort((first, second) => (first.at < second.at ? -1 : 1));
  }

  status(): SpillStatus {
    const { bytes, maxBytes, full } = this.budget;
    const { segments, corruptLines } = this.latest;
    const letters = new Map(this.latest.deadLetters.flatMap((file) => [...file.letters]));
    const waitingFiles = countEach(segments.map(({ parsed }) => parsed.backend));
    const deadLetters = countEach([...letters.values()]);
    return { bytes, maxBytes, full, problem: this.accounts.problem, waitingFiles, deadLetters, corruptLines };
  }

  /** Closes the files once pending appends are on disk. */
  async close(): Promise<void> {
    await this.counts.close();
    await Promise.all([this.deadLettersWriter, ...this.writers.values()].map((writer) => writer.rotate()));
    await this.accounts.close();
  }

  private writerOf(backend: string): SegmentWriter {
    const writer =
      this.writers.get(backend) ?? new SegmentWriter(this.path, () => newSegmentName(backend, this.accounts.own.id));
    this.writers.set(backend, writer);
    return writer;
  }

  /** Appends all blocks before it waits for the first block, so that blocks of different calls do not mix. */
  private write(writer: SegmentWriter, blocks: readonly Buffer[]): Promise<readonly string[]> {
    return Promise.all(
      blocks.map((lines) => {
        this.budget.reserve(lines.length);
        return writer.append(lines).then(
          (path) => {
            this.budget.settle(lines.length, true);
            return path;
          },
          (error: unknown) => {
            this.budget.settle(lines.length, false);
            throw error;
          },
        );
      }),
    );
  }

  /** Another process that took over the account meanwhile replays the segment again, and counts it. */
  private async settle({ parsed: { account: id, backend, uuid } }: SegmentFile, amount: Amount): Promise<boolean> {
    const account = this.accounts.get(id);
    account?.settle(backend, amount, uuid);
    await account?.save().catch(() => this.check());
    return this.accounts.get(id) === account && (account !== undefined || !this.isOfAnother(id));
  }

  private isOfAnother(id: string): boolean {
    return !this.accounts.get(id) && this.latest.accounts.some(({ parsed }) => parsed.uuid === id);
  }

  private isTaken({ path, parsed, modifiedMs }: SegmentFile): boolean {
    return this.isOfAnother(parsed.account) || isLeftAlone(path, parsed, modifiedMs, Date.now());
  }

  /** A person may have made room since the last survey. */
  private async throwIfFull(bytes: number): Promise<void> {
    await this.surveys.run();
    if (this.budget.fits(bytes)) return;
    this.budget.refuse(bytes);
    throw auditErrors.AUDIT_SPILL_FULL(this.path, this.budget.bytes, this.budget.maxBytes);
  }

  private async measure(): Promise<Survey> {
    const endCounting = this.budget.recount();
    const survey = await surveyFolder(this.path, this.lines, this.latest);
    endCounting(survey.bytes);
    this.latest = survey;
    return survey;
  }
}

function countEach(backends: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const backend of backends) counts[backend] = (counts[backend] ?? 0) + 1;
  return counts;
}

/** Returns the backends with events in the spill, but without an enabled provider. */
export function orphansOf(
  { waitingFiles, deadLetters }: Pick<SpillStatus, 'waitingFiles' | 'deadLetters'>,
  isKnown: (backend: string) => boolean,
): readonly string[] {
  return [...new Set([...Object.keys(waitingFiles), ...Object.keys(deadLetters)])].filter((name) => !isKnown(name));
}

/** Describes the problem of events without a provider, and what to do. */
export function describeOrphan(backend: string): string {
  return (
    `Events in the spill wait for the audit provider "${backend}", which is not registered or is disabled. Register it again. Or list ` +
    'its events with "nestjs-audit-ledger spill list", and move away the files whose names begin with the provider’s name.'
  );
}
