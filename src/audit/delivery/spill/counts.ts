import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CountedFailures } from '../denial-counter.js';
import { abandonedFiles, claimFile } from './abandoned-files.js';
import { CountRecord, countsIn } from './count-record.js';
import { inUse } from './left-alone.js';
import { newName } from './spill-file.js';
import type { SpillLines } from './spill-line.js';

/** The counts of failures in a folder: those of this process, and those of processes that have ended. */
export class Counts {
  private readonly own: CountRecord;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {
    this.own = new CountRecord(folder, lines);
  }

  /** Keeps a new or grown count. Resolves when it is on disk. Rejects with the system's error. */
  keep(counted: CountedFailures): Promise<void> {
    return this.own.keep(counted);
  }

  /** Forgets a count whose event is stored. Rejects with the system's error. */
  forget(id: string): Promise<void> {
    return this.own.forget(id);
  }

  /**
   * Takes over the counts that ended processes did not report; the caller reports them, and calls {@link forget}. Rejects with the system's
   * error.
   */
  async takeOver(): Promise<readonly CountedFailures[]> {
    await this.own.touch();
    const taken: CountedFailures[] = [];
    for (const { path } of await abandonedFiles(this.folder, 'counted')) {
      if (path !== this.own.path) taken.push(...(await this.take(path)));
    }
    return taken;
  }

  /** Closes the record; the next process reports its counts. */
  close(): Promise<void> {
    return this.own.close();
  }

  /** Copies the counts into this process's record before the other record is removed. */
  private async take(path: string): Promise<readonly CountedFailures[]> {
    const claimed = join(this.folder, newName('counted'));
    inUse.add(claimed);
    try {
      if (!(await claimFile(path, claimed))) return [];
      // A file that this process gave up because its disk was full is older than the counts in memory.
      const counts = countsIn(await readFile(claimed), this.lines).filter(({ id }) => !this.own.has(id));
      await Promise.all(counts.map((counted) => this.own.keep(counted)));
      await unlink(claimed);
      return counts;
    } finally {
      inUse.delete(claimed);
    }
  }
}
