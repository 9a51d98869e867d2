import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { ARCHIVE_COLUMNS, type ColumnsRow } from './archive-columns.js';
import { COLUMNS, duckDbIfInstalled, LIMITS } from './columns-file.js';
import { queryFiles, quote, type DuckDb } from './duckdb.js';

const ROWS = 'rows.json.gz';

/** Half of the size of DuckDB's default row group, so that writing a file needs half of the memory. */
const ROWS_OF_GROUP = 61_440;

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
