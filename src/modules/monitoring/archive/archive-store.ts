/** A range of bytes in a file: `from` is inclusive, `to` is exclusive. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A store for archives: a folder, or a store that the application provides, such as a bucket. A path is `<archive>/<file>`. Only one process
 * writes at a time.
 */
export interface ArchiveStore {
  /**
   * Stores a file, or replaces it. When the promise resolves, the file survives a power cut. Until then, and after a rejection, a read of the
   * path returns the former content. Rejects with an error of `content`.
   */
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Reads all bytes of a file, or only the bytes of `range` that exist. The iteration rejects with ArchiveMissingError
   * (`AUDIT_ARCHIVE_MISSING`) if the file does not exist.
   */
  read(path: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Returns the paths of all stored files, in any order. */
  list(): Promise<readonly string[]>;
  /** Returns the local path of a file, for DuckDB. Without this function, each query copies the columns of the searched archives. */
  pathOf?(path: string): string;
  /** Removes a file, and the remains of an unfinished {@link write}. Succeeds if they do not exist. */
  remove(path: string): Promise<void>;
}
