/** A range of bytes in a file: from `start`, to before `end`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The storage of archives: a folder, or another store that the application provides, such as a bucket. A path is `<archive>/<file>`. Only
 * one process writes at a time.
 */
export interface ArchiveStore {
  /**
   * Stores a file and replaces an existing one. When this resolves, the file survives a power cut; until then, and when it rejects, the
   * path keeps its former content. Passes on a rejection of `content`.
   */
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Reads a file's bytes: all, or the existing bytes of `range`. The iteration rejects with ArchiveMissingError (`AUDIT_ARCHIVE_MISSING`)
   * if there is no such file.
   */
  read(path: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** The paths of all files that were stored and not removed, in any order. */
  list(): Promise<readonly string[]>;
  /** The path of a file on this machine, from which DuckDB reads it. Without this function, each query copies the columns of its months. */
  pathOf?(path: string): string;
  /** Removes a file for good, and what an unfinished {@link write} of it left. Neither needs to exist. */
  remove(path: string): Promise<void>;
}
