/** Bytes of a file: from the first on, and before the last. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Where archives are kept: a folder, or whatever an application gives instead, such as a bucket. A path is
 * `<archive>/<file>`; at a time, one process writes.
 */
export interface ArchiveStore {
  /**
   * Stores a file, in place of the one that was there. It survives a power cut when this resolves; until then, and when it
   * rejects, the path has what it had. Rejects with what `content` rejects with.
   */
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * A file's bytes: all, or those of `range` that there are. The iteration rejects with ArchiveMissingError (`AUDIT_ARCHIVE_MISSING`)
   * without the file.
   */
  read(path: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** The paths of all files that were stored and not removed, in any order. */
  list(): Promise<readonly string[]>;
  /** Where a file is on this machine, for DuckDB to read it. Without this function, each query copies the columns of its months. */
  pathOf?(path: string): string;
  /** Removes a file for good, and what is left of an unfinished {@link write} of it. There may be none. */
  remove(path: string): Promise<void>;
}
