import { join } from 'node:path';
import { errorMessage } from '../../errors/error-facts.js';
import { abandonedFiles, claimFile, inUse, isFresh, type FoundFile } from './abandoned-files.js';
import { ANY_BACKEND, LossRecord, type Loss, type LossReport } from './loss-record.js';
import type { SpillLines } from './spill-line.js';
import { newName } from './spill-file.js';

/** The lost events in a folder, also of earlier processes. They stay until somebody acknowledges them, which removes the files. */
export class Losses {
  private readonly own: LossRecord;
  private others: readonly LossRecord[] = [];
  /** Why the folder could not be written at the last {@link look}. */
  problem: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {
    this.own = new LossRecord(join(folder, newName('lost')), lines);
    inUse.add(this.own.path);
  }

  /** Returns a provider's losses: one for each record that has any. */
  of(backend: string): readonly Loss[] {
    const isOf = (loss: Loss): boolean => loss.backend === backend || loss.backend === ANY_BACKEND;
    return this.records.flatMap(({ losses }) => losses.filter(isOf));
  }

  /** Counts lost events. Resolves when the count is on disk. Rejects with the system's error; the next count then includes it. */
  async add(backend: string, events: number, isUnknown = false): Promise<void> {
    this.own.add(backend, events, new Date().toISOString(), isUnknown);
    await this.own.save();
  }

  /** Counts like {@link add}, but before it returns, for the end of the process. Throws the system's error. */
  addAtOnce(backend: string, events: number): void {
    this.own.add(backend, events, new Date().toISOString());
    this.own.saveAtOnce();
  }

  /** Whether somebody cleared the folder under this process since the last call. */
  takeCleared(): boolean {
    const { isCleared } = this.own;
    this.own.isCleared = false;
    return isCleared;
  }

  /** Takes over the records of ended processes, and forgets acknowledged ones. Rejects if the folder cannot be listed. */
  async look(): Promise<void> {
    if (this.own.isGone()) this.own.forget();
    this.problem = await this.own.keep().then(() => undefined, errorMessage);
    if (this.problem !== undefined) return;
    const kept = this.others.filter((record) => !record.isGone());
    for (const file of await abandonedFiles(this.folder, 'lost')) {
      const record = await this.take(file);
      if (record) kept.push(record);
    }
    for (const record of kept) await record.keep().catch(() => undefined); // the next look finds out
    this.others = kept;
  }

  /** Reports losses without an event whose providers are back; `tell` resolves with whether the event is kept, and may be repeated. */
  async report(isBack: (backend: string) => boolean, tell: (report: LossReport) => Promise<boolean>): Promise<void> {
    for (const record of this.records) {
      const isBackFor = ({ backend }: Loss): boolean => backend === ANY_BACKEND || isBack(backend);
      if (record.isReported || !record.losses.every(isBackFor)) continue;
      const report = await record.report();
      if (await tell(report)) await record.reported(report);
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
    // The file may belong to a living process with the same number, which would think that the folder was cleared.
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
    const record = await LossRecord.read(path, this.lines).catch(() => undefined); // another process may be first
    return record?.losses.length === 0;
  }
}
