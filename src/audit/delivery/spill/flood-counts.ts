import { open, readFile, unlink, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { CountedFailures } from '../flood-counter.js';
import { abandonedFiles, claimFile, inUse } from './abandoned-files.js';
import { Shared } from './one-at-a-time.js';
import { newName } from './spill-file.js';
import type { SpillLines } from './spill-line.js';
import { makeFolder, syncFolder } from './sync-folder.js';

/** A file above this size is replaced by a file with only the open counts. */
const MAX_BYTES = 1024 * 1024;
const PURPOSE = 'counted failures';

type Changes = Readonly<Record<string, CountedFailures | null>>;

interface CountsFile {
  readonly handle: FileHandle;
  readonly path: string;
  bytes: number;
}

/**
 * Stores counts of failures until the event of each count is stored, in a file that survives a power cut. Each write appends all changes
 * since the last write as one line. The file exists only while there are counts.
 */
export class FloodCounts {
  private readonly writes = new Shared(() => this.write());
  private readonly open = new Map<string, CountedFailures>();
  private changes = new Map<string, CountedFailures | null>();
  private file: CountsFile | undefined;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {}

  /** The path of the file; `undefined` without counts. */
  get path(): string | undefined {
    return this.file?.path;
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
    const { file } = this;
    const now = new Date();
    if (file) await utimes(file.path, now, now).catch(() => this.leave(file)); // another process removed the file
    const taken: CountedFailures[] = [];
    for (const { path } of await abandonedFiles(this.folder, 'counted')) {
      if (path !== this.path) taken.push(...(await this.take(path)));
    }
    return taken;
  }

  /** Closes the file. The next process reports the counts in this file. */
  async close(): Promise<void> {
    await this.writes.run().catch(() => undefined); // the callers of keep() got the error
    if (this.file) await this.leave(this.file);
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
    const { changes, file } = this;
    this.changes = new Map();
    if (this.open.size === 0) {
      if (file) await this.remove(file);
    } else if (!file || file.bytes > MAX_BYTES) {
      await this.begin();
      if (file) await this.remove(file);
    } else if (changes.size > 0) {
      // A partly written line would spoil the next line.
      await this.append(file, Object.fromEntries(changes)).catch(async (error: unknown) => {
        await this.leave(file);
        throw error;
      });
    }
  }

  private async begin(): Promise<void> {
    await makeFolder(this.folder);
    const path = join(this.folder, newName('counted'));
    inUse.add(path);
    const file = { handle: await open(path, 'wx', 0o600), path, bytes: 0 };
    try {
      await this.append(file, Object.fromEntries(this.open));
      await syncFolder(this.folder);
      this.file = file;
    } catch (error) {
      await this.remove(file).catch(() => undefined); // the first error is the cause
      throw error;
    }
  }

  private async append(file: CountsFile, changes: Changes): Promise<void> {
    const line = Buffer.from(this.lines.encode(PURPOSE, changes));
    await file.handle.appendFile(line);
    await file.handle.datasync();
    file.bytes += line.length;
  }

  private async remove(file: CountsFile): Promise<void> {
    await this.leave(file);
    await unlink(file.path);
  }

  private async leave(file: CountsFile): Promise<void> {
    if (this.file?.path === file.path) this.file = undefined;
    inUse.delete(file.path);
    await file.handle.close().catch(() => undefined); // the lines are already synced
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
