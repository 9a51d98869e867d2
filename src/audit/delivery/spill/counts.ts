import { readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../errors/error-facts.js';
import type { CountedFailures } from '../failure-counter.js';
import { CountRecord, countsIn } from './count-record.js';
import { inUse, isLeftAlone } from './left-alone.js';
import { listOrNothing } from './losses.js';
import { newCountsName, parseName } from './spill-file.js';
import type { SpillLines } from './spill-line.js';

/** The counts of failures that a folder knows of: those of this process, and those that processes left which ended. */
export class Counts {
  private readonly own: CountRecord;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {
    this.own = new CountRecord(folder, lines);
  }

  /** A count is new, or grew. Resolves when it is on disk. Rejects with the system's error. */
  keep(counted: CountedFailures): Promise<void> {
    return this.own.keep(counted);
  }

  /** The event of a count is stored. Rejects with the system's error. */
  forget(id: string): Promise<void> {
    return this.own.forget(id);
  }

  /**
   * Takes over the counts that processes which ended had not told of; the caller tells them, and calls {@link forget}. Rejects with
   * the system's error.
   */
  async takeOver(): Promise<readonly CountedFailures[]> {
    await this.own.touch();
    const taken: CountedFailures[] = [];
    for (const name of await listOrNothing(this.folder)) {
      const parsed = parseName(name);
      const path = join(this.folder, name);
      if (parsed?.kind !== 'counted' || path === this.own.path) continue;
      const facts = await stat(path).catch(() => undefined); // it may be gone by now
      if (!facts || isLeftAlone(path, parsed.owner, facts.mtimeMs, Date.now())) continue;
      taken.push(...(await this.take(path)));
    }
    return taken;
  }

  /** Leaves what is not told to the next process. */
  close(): Promise<void> {
    return this.own.close();
  }

  /** They are in the own record before the other one goes. */
  private async take(path: string): Promise<readonly CountedFailures[]> {
    const claimed = join(this.folder, newCountsName());
    inUse.add(claimed);
    try {
      await rename(path, claimed);
      // A file that this process gave up, as its disk was full, says less than what it has in memory.
      const counts = countsIn(await readFile(claimed), this.lines).filter(({ id }) => !this.own.has(id));
      await Promise.all(counts.map((counted) => this.own.keep(counted)));
      await unlink(claimed);
      return counts;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return []; // another one was first
      throw error;
    } finally {
      inUse.delete(claimed);
    }
  }
}
