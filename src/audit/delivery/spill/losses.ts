import { join, dirname } from 'node:path';
import { errorMessage } from '../../errors/error-facts.js';
import { abandonedFiles, claimFile, inUse, isFresh, type FoundFile } from './abandoned-files.js';
import type { SpillLines } from './spill-line.js';
import { newName } from './spill-file.js';
import { existsSync } from 'node:fs';
import { open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { uuidv7 } from 'uuidv7';
import { Shared } from './one-at-a-time.js';
import { makeFolder, syncFolder, writeFileAtOnce } from './sync-folder.js';

/** Events that one provider never got. Times are RFC 3339, UTC. */
export interface Loss {
  /** The provider's backend; `*` if it is unknown. */
  readonly backend: string;
  readonly events: number;
  /** Whether the real number is unknown: the record of the loss cannot be read, or a person has cleared the folder. */
  readonly isUnknown?: true;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** The id and the content of the event that reports losses. The id and the content are the same in every attempt. */
export interface LossReport {
  readonly id: string;
  readonly losses: readonly Loss[];
}

interface KeptLoss extends Loss {
  /** The event that reports the loss: its id while the event is being stored, then {@link STORED}; `undefined` without an event. */
  readonly event?: string;
}

const ANY_BACKEND = '*';

/** The reserved size lets the library write a count on a full disk. */
const RECORD_BYTES = 8 * 1024;
const PURPOSE = 'lost events';
const STORED = 'stored';
/** The signature is not checked, since the key may have changed. A check would not help: whoever can write the file can also remove it. */
const IS_RESERVED = /^[\w-]{43} \[\]$/;

/**
 * Counts lost events in a small file that survives `kill -9`. The file is made before the first loss, and is overwritten in place, since a
 * full disk is a usual reason for losses. If a power cut damages a write, the number of lost events is unknown.
 */
export class LossRecord {
  /** Whether the file disappeared while it held no loss: a person cleared the folder, or another process claimed the file. */
  isCleared = false;
  private readonly writes = new Shared(() => this.write());

  /** Makes a new record. {@link keep} or the first loss makes its file. */
  constructor(
    readonly path: string,
    private readonly lines: SpillLines,
    private kept: readonly KeptLoss[] = [],
    private written?: readonly KeptLoss[],
  ) {}

  /** Reads a file. An invalid file counts as a loss of an unknown number of events. Rejects with the system's error. */
  static async read(path: string, lines: SpillLines): Promise<LossRecord> {
    const bytes = await readFile(path);
    const line = bytes.subarray(0, bytes.indexOf('\n'));
    const value = lines.decode(PURPOSE, line) ?? (IS_RESERVED.test(line.toString('latin1')) ? [] : undefined);
    const at = (await stat(path)).mtime.toISOString();
    const unknown: KeptLoss = { backend: ANY_BACKEND, events: 1, isUnknown: true, firstAt: at, lastAt: at };
    const kept = Array.isArray(value) ? (value as readonly KeptLoss[]) : [unknown]; // the value is signed, so this library wrote it
    return new LossRecord(path, lines, kept, kept);
  }

  /** Writes unwritten counts, and touches the file, so that other processes do not claim it. Rejects with the system's error. */
  async keep(): Promise<void> {
    if (this.written !== this.kept) await this.save();
    const now = new Date();
    await utimes(this.path, now, now);
  }

  /** Closes the file, and removes it if nothing was lost. */
  async close(): Promise<void> {
    if (this.kept.length === 0) await unlink(this.path).catch(() => undefined);
  }

  get losses(): readonly Loss[] {
    return this.kept.map(withoutEvent);
  }

  get isReported(): boolean {
    return this.kept.every(({ event }) => event === STORED);
  }

  /** Counts further losses in memory. Call {@link save} or {@link saveAtOnce} afterwards. */
  add(backend: string, events: number, at: string, isUnknown = false): void {
    if (this.isGone()) this.forget();
    const loss = { backend, events, ...(isUnknown && { isUnknown: true as const }), firstAt: at, lastAt: at };
    this.kept = merged([...this.kept, loss]);
  }

  /** Whether another process or a person removed the file, for example to acknowledge the losses. */
  isGone(): boolean {
    return this.written !== undefined && !existsSync(this.path);
  }

  /**
   * Returns the report for an event: the same report until {@link reported} is called. Resolves when the event's id is on disk, or cannot
   * be written. If the id is not on disk and the process ends, two events may report the loss.
   */
  async report(): Promise<LossReport> {
    const underWay = this.kept.find(({ event = STORED }) => event !== STORED)?.event;
    const id = underWay ?? uuidv7();
    if (underWay === undefined) this.kept = this.kept.map((loss) => ({ ...loss, event: loss.event ?? id }));
    await this.save().catch(() => undefined);
    return { id, losses: this.kept.filter(({ event }) => event === id).map(withoutEvent) };
  }

  /** Notes that the event of {@link report} is stored. Rejects with the system's error. */
  async reported({ id }: LossReport): Promise<void> {
    this.kept = merged(this.kept.map((loss) => (loss.event === id ? { ...loss, event: STORED } : loss)));
    await this.save();
  }

  /** Resolves when all counts so far are on disk. Rejects with the system's error. */
  save(): Promise<void> {
    return this.writes.run();
  }

  /** Saves the counts synchronously, for the end of the process. Throws the system's error. */
  saveAtOnce(): void {
    const { kept, flags } = this;
    writeFileAtOnce(this.path, this.encode(kept), flags);
    this.written = kept;
  }

  /** Starts again with an empty record, since the file was removed. */
  forget(): void {
    this.isCleared ||= this.kept.length === 0;
    this.kept = [];
    this.written = undefined;
  }

  private async write(): Promise<void> {
    const isNew = this.written === undefined;
    if (isNew) await makeFolder(dirname(this.path));
    const file = await open(this.path, this.flags, 0o600);
    const { kept } = this;
    try {
      await file.writeFile(this.encode(kept));
      await file.sync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(dirname(this.path));
    this.written = kept;
  }

  private get flags(): string {
    return this.written === undefined ? 'w' : 'r+';
  }

  private encode(kept: readonly KeptLoss[]): Buffer {
    return Buffer.from(this.lines.encode(PURPOSE, kept).padEnd(RECORD_BYTES));
  }
}

function withoutEvent({ backend, events, isUnknown, firstAt, lastAt }: KeptLoss): Loss {
  return { backend, events, ...(isUnknown && { isUnknown }), firstAt, lastAt };
}

function merged(losses: readonly KeptLoss[]): readonly KeptLoss[] {
  const byKey = new Map<string, KeptLoss>();
  for (const loss of losses) {
    const key = `${loss.backend} ${loss.event}`;
    const before = byKey.get(key);
    byKey.set(key, {
      ...before,
      ...loss,
      events: (before?.events ?? 0) + loss.events,
      firstAt: before?.firstAt ?? loss.firstAt,
    });
  }
  return [...byKey.values()].sort(({ backend: first }, { backend: second }) => (first < second ? -1 : 1));
}

/** Holds the lost events in a folder, including the losses of earlier processes, until a person acknowledges the losses. */
export class Losses {
  private readonly own: LossRecord;
  private others: readonly LossRecord[] = [];
  /** Why the folder could not be written in the last {@link scan}. */
  problem: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {
    this.own = new LossRecord(join(folder, newName('lost')), lines);
    inUse.add(this.own.path);
  }

  /** Returns a provider's losses in all records. */
  of(backend: string): readonly Loss[] {
    const isOf = (loss: Loss): boolean => loss.backend === backend || loss.backend === ANY_BACKEND;
    return this.records.flatMap(({ losses }) => losses.filter(isOf));
  }

  /** Counts lost events. Resolves when the count is on disk. Rejects with the system's error; the next write retries. */
  async add(backend: string, events: number, isUnknown = false): Promise<void> {
    this.own.add(backend, events, new Date().toISOString(), isUnknown);
    await this.own.save();
  }

  /** Counts lost events synchronously, for the end of the process. Throws the system's error. */
  addAtOnce(backend: string, events: number): void {
    this.own.add(backend, events, new Date().toISOString());
    this.own.saveAtOnce();
  }

  /** Whether the folder was cleared since the last call. */
  takeCleared(): boolean {
    const { isCleared } = this.own;
    this.own.isCleared = false;
    return isCleared;
  }

  /** Takes over the records of ended processes, and forgets acknowledged records. Rejects if the folder cannot be listed. */
  async scan(): Promise<void> {
    if (this.own.isGone()) this.own.forget();
    this.problem = await this.own.keep().then(() => undefined, errorMessage);
    if (this.problem !== undefined) return;
    const kept = this.others.filter((record) => !record.isGone());
    for (const file of await abandonedFiles(this.folder, 'lost')) {
      const record = await this.take(file);
      if (record) kept.push(record);
    }
    for (const record of kept) await record.keep().catch(() => undefined); // the next scan retries
    this.others = kept;
  }

  /**
   * Reports the losses that no event reports yet, if their providers are back. `recordLoss` resolves with `true` if the event is saved.
   * `recordLoss` may be called twice for the same losses.
   */
  async report(
    isBack: (backend: string) => boolean,
    recordLoss: (report: LossReport) => Promise<boolean>,
  ): Promise<void> {
    for (const record of this.records) {
      const isBackFor = ({ backend }: Loss): boolean => backend === ANY_BACKEND || isBack(backend);
      if (record.isReported || !record.losses.every(isBackFor)) continue;
      const report = await record.report();
      if (await recordLoss(report)) await record.reported(report);
    }
  }

  async close(): Promise<void> {
    await this.own.close();
    for (const { path } of this.records) inUse.delete(path);
  }

  private get records(): readonly LossRecord[] {
    return [this.own, ...this.others];
  }

  private async take({ path, modifiedMs }: FoundFile): Promise<LossRecord | undefined> {
    // The file may belong to a living process with the same id. If the file disappeared, that process would conclude that a person has
    // cleared the folder.
    if (isFresh(modifiedMs, Date.now()) && (await this.isEmpty(path))) return undefined;
    const claimed = join(this.folder, newName('lost'));
    inUse.add(claimed);
    let record: LossRecord | undefined;
    try {
      if (await claimFile(path, claimed)) record = await LossRecord.read(claimed, this.lines);
    } finally {
      if (!record?.losses.length) inUse.delete(claimed);
    }
    if (record?.losses.length) return record;
    await record?.close();
    return undefined;
  }

  private async isEmpty(path: string): Promise<boolean> {
    const record = await LossRecord.read(path, this.lines).catch(() => undefined); // another process may have claimed the file
    return record?.losses.length === 0;
  }
}
