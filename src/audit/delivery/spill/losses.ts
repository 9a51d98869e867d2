import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, errorMessage } from '../../errors/error-facts.js';
import { inUse, isFresh, isLeftAlone } from './left-alone.js';
import { ANY_BACKEND, LossRecord, type Loss, type LossReport } from './loss-record.js';
import type { SpillLines } from './spill-line.js';
import { newLossesName, parseName } from './spill-file.js';

/**
 * The lost events that a folder knows of: those of this process, and those of earlier ones, whose records it takes over.
 * They stay until somebody acknowledges them, which removes the files.
 */
export class Losses {
  private readonly own: LossRecord;
  private others: readonly LossRecord[] = [];
  /** Why the folder cannot be written, as of the last {@link look}. */
  problem: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {
    this.own = LossRecord.at(join(folder, newLossesName()), lines);
    inUse.add(this.own.path);
  }

  /** What each provider lost: one for each record that knows of some. */
  of(backend: string): readonly Loss[] {
    const isOf = (loss: Loss): boolean => loss.backend === backend || loss.backend === ANY_BACKEND;
    return this.records.flatMap(({ losses }) => losses.filter(isOf));
  }

  /** Resolves when the count is on disk. Rejects with the system's error; the next one is written with it. */
  async add(backend: string, events: number, isUnknown = false): Promise<void> {
    this.own.add(backend, events, new Date().toISOString(), isUnknown);
    await this.own.save();
  }

  /** Whether the folder was cleared under this process since the last call. */
  takeCleared(): boolean {
    const { isCleared } = this.own;
    this.own.isCleared = false;
    return isCleared;
  }

  /** The same before it returns, for the end of the process. Throws the system's error. */
  addAtOnce(backend: string, events: number): void {
    this.own.add(backend, events, new Date().toISOString());
    this.own.saveAtOnce();
  }

  /**
   * Takes over what processes that ended left, and forgets what was acknowledged; leaves a folder alone that cannot be written. Rejects when it
   * cannot be listed.
   */
  async look(): Promise<void> {
    if (this.own.isGone()) this.own.forget();
    this.problem = await this.own.keep().then(() => undefined, errorMessage);
    if (this.problem !== undefined) return;
    const kept: LossRecord[] = [];
    for (const record of this.others) if (!record.isGone()) kept.push(record);
    for (const name of await listOrNothing(this.folder)) {
      const parsed = parseName(name);
      const path = join(this.folder, name);
      if (parsed?.kind !== 'lost' || this.records.some((record) => record.path === path)) continue;
      const facts = await stat(path).catch(() => undefined);
      if (!facts || isLeftAlone(path, parsed.owner, facts.mtimeMs, Date.now())) continue;
      // Of a living process with the number of this one, perhaps, which would take the folder for cleared.
      if (isFresh(facts.mtimeMs, Date.now()) && (await this.isEmpty(path))) continue;
      const record = await this.take(path);
      if (record) kept.push(record);
    }
    for (const record of kept) await record.touch().catch(() => undefined); // the next look finds out
    this.others = kept;
  }

  /**
   * Reports the losses that no event has yet, unless one of their providers is not back.
   *
   * @param tell resolves with whether the event is kept; it may be told again, under the same id
   */
  async report(isBack: (backend: string) => boolean, tell: (report: LossReport) => Promise<boolean>): Promise<void> {
    for (const record of this.records) {
      const isBackFor = ({ backend }: Loss): boolean => backend === ANY_BACKEND || isBack(backend);
      if (record.isReported || !record.losses.every(isBackFor)) continue;
      if (await tell(await record.report())) await record.reported();
    }
  }

  /** Leaves the records of losses to the next process. */
  async close(): Promise<void> {
    await this.own.close();
    for (const { path } of this.records) inUse.delete(path);
  }

  private get records(): readonly LossRecord[] {
    return [this.own, ...this.others];
  }

  private async isEmpty(path: string): Promise<boolean> {
    const record = await LossRecord.read(path, this.lines).catch(() => undefined); // another one may be first
    return record?.losses.length === 0;
  }

  private async take(path: string): Promise<LossRecord | undefined> {
    const claimed = join(this.folder, newLossesName());
    inUse.add(claimed);
    try {
      await rename(path, claimed);
      const record = await LossRecord.read(claimed, this.lines);
      if (record.losses.length > 0) return record;
      await record.close();
      inUse.delete(claimed);
      return undefined;
    } catch (error) {
      inUse.delete(claimed);
      if (errorCode(error) === 'ENOENT') return undefined; // another one was first
      throw error;
    }
  }
}

/** The names in a folder; none without one. Rejects with the system's error. */
export async function listOrNothing(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
}
