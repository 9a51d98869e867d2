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
  pathOf?(path: string): string;
  /** Removes a file, and the remains of an unfinished {@link write}. Succeeds even if the file does not exist. */
  remove(path: string): Promise<void>;
}
