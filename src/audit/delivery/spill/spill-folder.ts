import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { getErrorMessage } from '../../../base/errors/error-facts.js';
import type { AuditEvent } from '../../event/audit-event.js';
import {
  encodeDeadLetter,
  encodeEvent,
  getDeadLetterKey,
  readDeadLetters,
  type DeadLetter,
  type StoredDeadLetter,
  SpillLines,
} from './spill-line.js';
import {
  isOwnedByOtherProcess,
  createDeadLetterName,
  createSegmentName,
  surveyFolder,
  type SegmentFile,
  type Survey,
} from './spill-file.js';
import { SharedTask } from './serial-task.js';
import { replaySegment, type Offer, type SegmentReplay } from './replay-segment.js';
import { toBlocks, SegmentWriter } from './segment-writer.js';
import { makeFolder, writeFileAtOnce } from '../../../base/sync-folder.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';

export type { ReplayVerdict } from './replay-segment.js';

interface SpillOptions {
  /** The maximum size of all files together (option `maxSpillBytes`). Dead letters may exceed this size. */
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

const EMPTY_SURVEY: Survey = { bytes: 0, segments: [], deadLetters: [], corrupt: [], corruptLines: 0 };

/** The size of the largest event: a disk without so much space is full. */
const PROBE_BYTES = 64 * 1024;

/**
 * A folder of append-only files, with one event per line, for the events that a provider could not store. A file's name states the backend,
 * and the process that writes or replays the file. Several processes may share a folder on a local disk, even with equal process ids.
 * `SegmentWriter` explains why no event is lost.
 */
export class SpillFolder {
  private readonly keys: WriterKeys;
  private readonly lines: SpillLines;
  private readonly writers = new Map<string, SegmentWriter>();
  private readonly deadLettersWriter: SegmentWriter;
  private readonly budget: SpillBudget;
  private readonly surveys = new SharedTask(() => this.measure());
  private readonly probes = new SharedTask(() => this.tryToWrite());
  private latest: Survey = EMPTY_SURVEY;
  private readonly probeFile: string;
  /** Why the folder could not be written in the last {@link probe}. */
  private problem: string | undefined;

  constructor(
    readonly path: string,
    { maxBytes, keys }: SpillOptions,
  ) {
    this.keys = keys;
    this.probeFile = join(path, `${uuidv7()}.probe`);
    this.lines = new SpillLines(keys);
    this.budget = new SpillBudget(maxBytes);
    this.deadLettersWriter = new SegmentWriter(path, () => createDeadLetterName());
  }

  /** Creates the folder and a missing key file, and surveys the content. Rejects with the system's error. */
  async prepare(): Promise<void> {
    await makeFolder(this.path);
    await this.keys.make();
    await this.surveys.run();
  }

  /** Writes and removes a file of the size of the largest event. Resolves with the reason why that fails. Never rejects. */
  probe(): Promise<string | undefined> {
    return this.probes.run(); // two at once would find each other's file
  }

  private async tryToWrite(): Promise<string | undefined> {
    const written = makeFolder(this.path).then(() =>
      writeFile(this.probeFile, Buffer.alloc(PROBE_BYTES), { flag: 'wx' }),
    );
    this.problem = await written.then(() => undefined, getErrorMessage);
    await unlink(this.probeFile).catch(() => undefined);
    return this.problem;
  }

  /**
   * Appends events. Resolves when they are on disk (`fdatasync`), in the order of the calls. Rejects with the system's error.
   * @throws `AUDIT_SPILL_FULL` when the folder would exceed `maxBytes`
   */
  async append(backend: string, events: readonly AuditEvent[]): Promise<void> {
    const blocks = toBlocks(events.map((event) => encodeEvent(this.lines, backend, event)));
    const bytes = blocks.reduce((sum, { length }) => sum + length, 0);
    if (!this.budget.hasCapacity(bytes)) await this.throwIfFull(bytes);
    await this.write(this.getWriter(backend), blocks);
  }

  /** Appends events synchronously, for the end of the process. Throws the system's error, or `AUDIT_SPILL_FULL`. */
  appendAtOnce(backend: string, events: readonly AuditEvent[]): void {
    const lines = Buffer.from(events.map((event) => encodeEvent(this.lines, backend, event)).join(''));
    if (!this.budget.hasCapacity(lines.length))
      throw auditErrors.AUDIT_SPILL_FULL(this.path, this.budget.bytes, this.budget.maxBytes);
    writeFileAtOnce(join(this.path, createSegmentName(backend)), lines);
  }

  /** Returns the backends with events that {@link replay} would offer now. Reads the folder again. */
  async backlog(): Promise<readonly string[]> {
    const own = new Set([...this.writers.values()].map(({ path }) => path));
    const { segments } = await this.surveys.run();
    const waiting = segments.filter((file) => own.has(file.path) || !isTaken(file));
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
    const { segments } = await this.surveys.run();
    const sum = { replayed: 0, dead: 0, corrupt: 0 };
    const errors: string[] = [];
    for (const file of segments) {
      if (file.parsed.backend !== backend || isTaken(file)) continue;
      try {
        const { done, ...counts } = await replaySegment(file, this.lines, {
          offer,
          addDeadLetter: (dead) => this.addDeadLetter(backend, dead),
        });
        sum.replayed += counts.replayed;
        sum.dead += counts.dead;
        sum.corrupt += counts.corrupt;
        if (!done) return { ...sum, done: false, errors };
      } catch (error) {
        errors.push(getErrorMessage(error));
      }
    }
    await this.surveys.run();
    return { ...sum, done: errors.length === 0, errors };
  }

  /** Stores dead letters, for a person to inspect. Resolves when they are on disk. Ignores `maxBytes`. */
  async addDeadLetter(backend: string, dead: readonly DeadLetter[]): Promise<void> {
    const at = new Date().toISOString();
    const lines = dead.map((letter) => encodeDeadLetter(this.lines, { backend, at, ...letter }));
    await this.write(this.deadLettersWriter, toBlocks(lines));
    await this.surveys.run();
  }

  /** Returns the dead letters, each event once for a backend, oldest first. */
  async deadLetters(): Promise<readonly StoredDeadLetter[]> {
    const { deadLetters } = await this.surveys.run();
    const letters = new Map<string, StoredDeadLetter>();
    for (const { path } of deadLetters) {
      for (const letter of (await readDeadLetters(path, this.lines)).letters)
        letters.set(getDeadLetterKey(letter), letter);
    }
    return [...letters.values()].sort((first, second) => (first.at < second.at ? -1 : 1));
  }

  status(): SpillStatus {
    const { bytes, maxBytes, full } = this.budget;
    const { segments, corruptLines } = this.latest;
    const letters = new Map(this.latest.deadLetters.flatMap((file) => [...file.letters]));
    const waitingFiles = countEach(segments.map(({ parsed }) => parsed.backend));
    const deadLetters = countEach([...letters.values()]);
    return { bytes, maxBytes, full, problem: this.problem, waitingFiles, deadLetters, corruptLines };
  }

  /** Closes the files once pending appends are on disk. */
  async close(): Promise<void> {
    await Promise.all([this.deadLettersWriter, ...this.writers.values()].map((writer) => writer.rotate()));
  }

  private getWriter(backend: string): SegmentWriter {
    const writer = this.writers.get(backend) ?? new SegmentWriter(this.path, () => createSegmentName(backend));
    this.writers.set(backend, writer);
    return writer;
  }

  /** Appends all blocks before it waits for the first block, so that blocks of different calls do not mix. */
  private async write(writer: SegmentWriter, blocks: readonly Buffer[]): Promise<void> {
    await Promise.all(
      blocks.map((lines) => {
        this.budget.reserve(lines.length);
        return writer.append(lines).then(
          () => this.budget.settle(lines.length, true),
          (error: unknown) => {
            this.budget.settle(lines.length, false);
            throw error;
          },
        );
      }),
    );
  }

  /** A person may have freed space since the last survey. */
  private async throwIfFull(bytes: number): Promise<void> {
    await this.surveys.run();
    if (this.budget.hasCapacity(bytes)) return;
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

function isTaken({ path, parsed, modifiedMs }: SegmentFile): boolean {
  return isOwnedByOtherProcess(path, parsed, modifiedMs, Date.now());
}

function countEach(backends: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const backend of backends) counts[backend] = (counts[backend] ?? 0) + 1;
  return counts;
}

/** Returns the backends with events in the spill, but without an enabled provider. */
export function findOrphans(
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

/** Compares the bytes in a spill folder with their maximum. Adds the writes of this process until the next survey measures the folder. */
export class SpillBudget {
  /** The bytes in the folder, including writes in progress. */
  bytes = 0;
  private unwritten = 0;
  private everReserved = 0;
  private refused = 0;

  constructor(readonly maxBytes: number) {}

  /** Whether the last refused write would be refused again. */
  get full(): boolean {
    return !this.hasCapacity(Math.max(this.refused, 1));
  }

  hasCapacity(bytes: number): boolean {
    return this.bytes + bytes <= this.maxBytes;
  }

  refuse(bytes: number): void {
    this.refused = bytes;
  }

  reserve(bytes: number): void {
    this.refused = 0;
    this.bytes += bytes;
    this.unwritten += bytes;
    this.everReserved += bytes;
  }

  settle(bytes: number, written: boolean): void {
    this.unwritten -= bytes;
    if (!written) this.bytes = Math.max(0, this.bytes - bytes);
  }

  /** Begins a survey. Call the returned function with the measured bytes. */
  recount(): (measured: number) => void {
    const { unwritten, everReserved } = this;
    return (measured) => {
      this.bytes = measured + unwritten + (this.everReserved - everReserved);
    };
  }
}
