import { readFile, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { CountedFailures } from '../flood-counter.js';
import { abandonedFiles, claimFile, inUse } from './abandoned-files.js';
import { Shared } from './one-at-a-time.js';
import { SegmentWriter } from './segment-writer.js';
import { newName } from './spill-file.js';
import type { SpillLines } from './spill-line.js';

/** A file above this size is replaced by a file with only the open counts. */
const MAX_BYTES = 1024 * 1024;
const PURPOSE = 'counted failures';

type Changes = Readonly<Record<string, CountedFailures | null>>;

/**
 * Stores counts of failures until the event of each count is stored, in a file that survives a power cut. Each write appends all changes
 * since the last write as one line. The file exists only while there are counts.
 */
export class FloodCounts {
  private readonly writes = new Shared(() => this.write());
  private readonly open = new Map<string, CountedFailures>();
  private changes = new Map<string, CountedFailures | null>();
  private readonly writer: SegmentWriter;
  private files = new Set<string>();
  /** The size of the files, or `Infinity` if they lack a change. */
  private bytes = 0;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {
    this.writer = new SegmentWriter(folder, () => newName('counted'));
  }

  /** The path of the file; `undefined` without counts. */
  get path(): string | undefined {
    return this.writer.path;
  }

  /** Stores a new or grown count. Resolves when the count is on disk. Rejects with the system's error; the next write retries. */
  keep(counted: CountedFailures): Promise<void> {
    this.open.set(counted.id, counted);
    this.changes.set(counted.id, counted);
    return this.writes.run();
  }

  /** Forgets a count whose event is stored. Resolves when the removal is on disk. Rejects with the system's error. */
  forget(id: string): Promise<void> {
    if (!this.open.delete(id)) return Promise.resolve();
    this.changes.set(id, null);
    return this.writes.run();
  }

  /**
   * Takes over the counts that ended processes did not report. The caller reports these counts, and calls {@link forget}. Also touches the
   * file of this process, so that other processes do not take over that file. Rejects with the system's error.
   */
  async takeOver(): Promise<readonly CountedFailures[]> {
    const { path } = this;
    const now = new Date();
    if (path !== undefined) await utimes(path, now, now).catch(() => undefined); // the next write notices that the file is gone
    const taken: CountedFailures[] = [];
    for (const file of await abandonedFiles(this.folder, 'counted')) taken.push(...(await this.take(file.path)));
    return taken;
  }

  /** Closes the file. The next process reports the counts in this file. */
  async close(): Promise<void> {
    await this.writes.run().catch(() => undefined); // the callers of keep() got the error
    await this.writer.rotate();
  }

  /** Copies the counts into this process's file before the other file is removed. */
  private async take(path: string): Promise<readonly CountedFailures[]> {
    const claimed = join(this.folder, newName('counted'));
    inUse.add(claimed);
    try {
      if (!(await claimFile(path, claimed))) return [];
      // The file may be an old file of this process, closed after an error. The counts in memory are newer than the counts in such a file.
      const counts = countsIn(await readFile(claimed), this.lines).filter(({ id }) => !this.open.has(id));
      await Promise.all(counts.map((counted) => this.keep(counted)));
      await unlink(claimed);
      return counts;
    } finally {
      inUse.delete(claimed);
    }
  }

  private async write(): Promise<void> {
    const { changes, files } = this;
    this.changes = new Map();
    const beginsFile = this.open.size === 0 || files.size === 0 || this.bytes > MAX_BYTES;
    if (beginsFile) {
      await this.writer.rotate();
      [this.files, this.bytes] = [new Set(), 0];
    }
    const counts = beginsFile ? this.open : changes;
    if (counts.size > 0) {
      const line = Buffer.from(this.lines.encode(PURPOSE, Object.fromEntries(counts)));
      try {
        this.files.add(await this.writer.append(line));
      } catch (error) {
        [this.files, this.bytes] = [new Set([...files, ...this.files]), Infinity];
        throw error;
      }
      this.bytes += line.length;
    }
    if (beginsFile) for (const path of files) await unlink(path).catch(() => undefined); // another process may have taken it over
  }
}

/** Reads from a file the counts that no event reports yet. Skips lines that are damaged or not signed with the key. */
export function countsIn(bytes: Buffer, lines: SpillLines): readonly CountedFailures[] {
  const counts = new Map<string, CountedFailures>();
  let from = 0;
  for (let end = bytes.indexOf('\n'); end >= 0; end = bytes.indexOf('\n', from)) {
    const value = lines.decode(PURPOSE, bytes.subarray(from, end));
    from = end + 1;
    if (typeof value !== 'object' || value === null) continue;
    for (const [id, counted] of Object.entries(value as Changes)) {
      if (counted) counts.set(id, counted);
      else counts.delete(id);
    }
  }
  return [...counts.values()];
}
