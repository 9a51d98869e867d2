import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '../../../base/json/parse-json.js';
import { hasCode } from '../../../base/errors/error-facts.js';
import type { ColumnsRow } from './archive-columns.js';
import type { ArchiveStore } from './archive-store.js';
import { loadDuckDb, queryFiles, type DuckDb } from './duckdb.js';

/** With a second thread, DuckDB would hold all rows in memory to preserve their order. */
export const LIMITS = { threads: 1, memoryMb: 256 };

export const COLUMNS = 'columns.parquet';

/** Loads DuckDB. Resolves with `undefined` if DuckDB is not installed. Rejects with any other error. */
export async function loadOptionalDuckDb(): Promise<DuckDb | undefined> {
  try {
    return await loadDuckDb();
  } catch (error) {
    if (hasCode(error, 'AUDIT_PACKAGE_MISSING')) return undefined;
    throw error;
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
export async function fetchLocalFile(store: ArchiveStore, path: string): Promise<LocalFile> {
  const own = store.resolvePath?.(path);
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
