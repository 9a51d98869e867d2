import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { parseJson, hasCode } from '../../../audit/nest-free.js';
import { ARCHIVE_COLUMNS, type ColumnsRow } from './archive-columns.js';
import type { ArchiveStore } from './archive-store.js';
import { loadDuckDb, queryFiles, quote, type DuckDb } from './duckdb.js';

/** With a second thread, DuckDB would hold all rows in memory to preserve their order. */
const LIMITS = { threads: 1, memoryMb: 256 };

const ROWS = 'rows.json.gz';
const COLUMNS = 'columns.parquet';

/** Half of the size of DuckDB's default row group, so that writing a file needs half of the memory. */
const ROWS_OF_GROUP = 61_440;

/** Loads DuckDB. Resolves with `undefined` if DuckDB is not installed. Rejects with any other error. */
export async function duckDbIfInstalled(): Promise<DuckDb | undefined> {
  try {
    return await loadDuckDb();
  } catch (error) {
    if (hasCode(error, 'AUDIT_PACKAGE_MISSING')) return undefined;
    throw error;
  }
}

/** Writes a Parquet file of columns in a temporary folder that only the user of the process can read. */
export class ColumnsDraft {
  private constructor(
    private readonly duckDb: DuckDb,
    private readonly folder: string,
    private readonly rows: Gzip,
    private readonly written: Promise<void>,
  ) {}

  /**
   * Begins a draft. Resolves with `undefined` if DuckDB is not installed. The caller must call {@link discard} at the end, even after a
   * failure.
   */
  static async begin(): Promise<ColumnsDraft | undefined> {
    const duckDb = await duckDbIfInstalled();
    if (!duckDb) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'audit-columns-'));
    const rows = createGzip({ level: 1 });
    const written = pipeline(rows, createWriteStream(join(folder, ROWS), { mode: 0o600 }));
    written.catch(() => undefined); // add() and finish() report the error
    return new ColumnsDraft(duckDb, folder, rows, written);
  }

  async add(rows: readonly ColumnsRow[]): Promise<void> {
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (!this.rows.write(text)) await Promise.race([once(this.rows, 'drain'), this.written]);
  }

  /** Writes the Parquet file and returns its bytes. Call this method after the last row. */
  async finish(): Promise<AsyncIterable<Uint8Array>> {
    this.rows.end();
    await this.written;
    const [rows, parquet] = [join(this.folder, ROWS), join(this.folder, COLUMNS)];
    const columns = Object.entries(ARCHIVE_COLUMNS).map(([name, type]) => `${name}: ${quote(type)}`);
    const source = `read_json(${quote(rows)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`;
    const sql = `COPY (SELECT * FROM ${source}) TO ${quote(parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROWS_OF_GROUP})`;
    const written = queryFiles(this.duckDb, { files: [rows, parquet], sql, values: [], limits: LIMITS });
    while ((await written.next()).done !== true);
    return createReadStream(parquet) as AsyncIterable<Buffer>; // a stream without an encoding yields buffers
  }

  async discard(): Promise<void> {
    this.rows.destroy();
    await this.written.catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Reads the rows of a Parquet file of columns in the order of the file, and omits NULL values. Rejects if the file is not a Parquet file
 * with these columns.
 */
export async function* readColumns(duckDb: DuckDb, path: string): AsyncIterable<ColumnsRow> {
  const sql = 'SELECT to_json(row)::VARCHAR FROM read_parquet($1, hive_partitioning = false) AS row';
  for await (const chunk of queryFiles(duckDb, { files: [path], sql, values: [[path]], limits: LIMITS })) {
    for (const [json] of chunk) {
      const row = parseJson(String(json)) as ColumnsRow; // to_json() returns an object for a row
      yield Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
    }
  }
}

export interface LocalFile {
  readonly path: string;
  /** Removes the file if it is a copy. */
  readonly release: () => Promise<void>;
}

/**
 * Returns the path of a stored file. If the file is not local, copies it to a temporary folder that only the user of the process can read.
 * Rejects with the store's errors.
 */
export async function localFile(store: ArchiveStore, path: string): Promise<LocalFile> {
  const own = store.pathOf?.(path);
  if (own !== undefined) return { path: own, release: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'audit-columns-'));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, COLUMNS);
    await writeFile(copy, store.read(path), { mode: 0o600 });
    return { path: copy, release };
  } catch (error) {
    await release();
    throw error;
  }
}
