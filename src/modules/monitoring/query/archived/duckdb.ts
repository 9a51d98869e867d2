import { PackageMissingError } from '../../errors/package-missing.error.js';

/** What is used of DuckDB: a slice of `@duckdb/node-api`, which is an optional package. */
export interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string, options: Readonly<Record<string, string>>): Promise<DuckDbInstance>;
  };
  readonly LIST: (type: unknown) => unknown;
  readonly VARCHAR: unknown;
  readonly INTEGER: unknown;
  readonly listValue: (values: readonly unknown[]) => unknown;
}

interface DuckDbInstance {
  connect(): Promise<DuckDbConnection>;
  closeSync(): void;
}

interface DuckDbConnection {
  run(sql: string): Promise<unknown>;
  stream(sql: string, values: readonly unknown[], types: readonly unknown[]): Promise<DuckDbResult>;
  interrupt(): void;
  closeSync(): void;
}

interface DuckDbResult {
  fetchChunk(): Promise<{ readonly rowCount: number; getRows(): readonly (readonly unknown[])[] } | null>;
}

/** How much of the machine a query of archives may take. */
export interface DuckDbLimits {
  readonly threads: number;
  readonly memoryMb: number;
}

const PACKAGE = '@duckdb/node-api';

/**
 * Loads DuckDB, where it is installed.
 *
 * @throws PackageMissingError (`AUDIT_PACKAGE_MISSING`) where it is not
 */
export async function loadDuckDb(load: () => Promise<unknown> = () => import(PACKAGE)): Promise<DuckDb> {
  try {
    return (await load()) as DuckDb; // of this package
  } catch (error) {
    throw PackageMissingError.ofArchives(PACKAGE, error);
  }
}

/** A statement about files of JSON Lines: `$1` is the list of their paths, and `$2`, `$3`, … are `values`. */
export interface FilesQuery {
  readonly files: readonly string[];
  readonly sql: string;
  readonly values: readonly (string | number)[];
  readonly limits: DuckDbLimits;
  /** Ends the statement, which rejects. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The rows of a statement, in chunks of some 2,000, from a DuckDB of its own. That reads these files and nothing else: no other file,
 * no extension, no network. It writes nothing to the disk.
 */
export async function* queryFiles(
  { DuckDBInstance, LIST, VARCHAR, INTEGER, listValue }: DuckDb,
  { files, sql, values, limits, signal }: FilesQuery,
): AsyncGenerator<readonly (readonly unknown[])[], void, undefined> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(limits.threads),
    memory_limit: `${limits.memoryMb}MB`,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  try {
    const connection = await instance.connect();
    const interrupt = (): void => connection.interrupt();
    signal?.addEventListener('abort', interrupt);
    try {
      // SET takes no parameters.
      await connection.run(`SET allowed_paths = [${files.map(quote).join(', ')}]`);
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
      const types = [LIST(VARCHAR), ...values.map((value) => (typeof value === 'number' ? INTEGER : VARCHAR))];
      signal?.throwIfAborted();
      const result = await connection.stream(sql, [listValue(files), ...values], types);
      for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        yield chunk.getRows();
        signal?.throwIfAborted();
      }
    } finally {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** A text of SQL. The paths of files are the operator's, never a reader's. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
