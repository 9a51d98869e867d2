import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { getErrorCode } from '../../../base/errors/error-facts.js';
import { syncFolder } from '../../../base/sync-folder.js';
import { readChunks } from '../../errors/file-error.js';
import { verifyErrors } from '../../errors/verify.errors.js';

/** A range of bytes in a file: `from` is inclusive, `to` is exclusive. */
interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A store for archives: a folder, or a store that the application provides, such as a bucket. A path is `<archive>/<file>`. Only one process
 * writes at a time.
 */
export interface ArchiveStore {
  /**
   * Stores a file, or replaces it. When the promise resolves, the file survives a power cut. Before the promise resolves, and after a
   * rejection, a read of the file must return the former content. If the iteration of `content` fails, rejects with the same error.
   */
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Reads all bytes of a file, or only the bytes of `range` that exist. The iteration rejects with `AUDIT_ARCHIVE_MISSING` if the file does not exist.
   */
  read(path: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Returns the paths of all stored files, in any order. Includes the remains of unfinished writes, so that these can be removed. */
  list(): Promise<readonly string[]>;
  /**
   * Returns the local path of a file, for DuckDB. Without this function, each query first copies the Parquet files of the archives that it
   * searches.
   */
  resolvePath?(path: string): string;
  /** Removes a file, and the remains of an unfinished {@link write}. Succeeds even if the file does not exist. */
  remove(path: string): Promise<void>;
}

/** Stores archives in a folder that only the application's user can read. */
export class FolderArchiveStore implements ArchiveStore {
  constructor(private readonly folder: string) {}

  async write(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const target = join(this.folder, path);
    const parent = dirname(target);
    const first = await mkdir(parent, { recursive: true, mode: 0o700 });
    const draft = toDraftPath(target);
    const file = await open(draft, 'w', 0o600);
    try {
      for await (const chunk of content) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
    await syncFolder(parent);
    if (first === undefined) return;
    for (let made = parent; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  }

  async *read(path: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    const part = range && { start: range.from, end: range.to - 1 };
    try {
      yield* readChunks(join(this.folder, path), part);
    } catch (error) {
      throw getErrorCode(error) === 'ENOENT' ? verifyErrors.AUDIT_ARCHIVE_MISSING(path) : error;
    }
  }

  async list(): Promise<readonly string[]> {
    try {
      const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
    } catch (error) {
      if (getErrorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  resolvePath(path: string): string {
    return resolve(this.folder, path);
  }

  async remove(path: string): Promise<void> {
    const target = join(this.folder, path);
    await rm(toDraftPath(target), { force: true });
    await rm(target, { force: true });
    try {
      await rmdir(dirname(target));
      await syncFolder(this.folder);
    } catch (error) {
      // The folder still has other files, or does not exist.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(getErrorCode(error) ?? '')) throw error;
    }
  }
}

/** The next attempt uses the same path, and so replaces the remains of a crashed attempt. */
function toDraftPath(target: string): string {
  return join(dirname(target), `.${basename(target)}.part`);
}
