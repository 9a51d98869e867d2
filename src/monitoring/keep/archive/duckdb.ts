import { packageErrors } from '../../errors/package.errors.js';

/** The members of the optional package `@duckdb/node-api` that this library uses. */
export interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string, options: Readonly<Record<string, string>>): Promise<DuckDbInstance>;
  };
  readonly LIST: (type: unknown) => unknown;
  readonly VARCHAR: unknown;
  readonly DOUBLE: unknown;
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

export interface DuckDbLimits {
  readonly threads: number;
  readonly memoryMb: number;
}

const PACKAGE = '@duckdb/node-api';

/** Loads DuckDB. @throws `AUDIT_PACKAGE_MISSING` if DuckDB is not installed */
export async function loadDuckDb(load: () => Promise<unknown> = () => import(PACKAGE)): Promise<DuckDb> {
  try {
    return (await load()) as DuckDb; // the type of this package
  } catch (error) {
    throw packageErrors.AUDIT_PACKAGE_MISSING.notLoaded(
      'read archives by a query',
      PACKAGE,
      error,
      ', or query without the archives',
    );
  }
}

export type DuckDbValue = string | number | readonly string[];

export interface FilesQuery {
  /** The paths of all files that the statement may read or write. */
  readonly files: readonly string[];
  readonly sql: string;
  readonly values: readonly DuckDbValue[];
  readonly limits: DuckDbLimits;
  /** If the signal aborts, the statement is interrupted, and the iteration rejects. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a statement in a new DuckDB instance, and yields its rows in chunks of about 2,000. The instance can open only the given files, and
 * cannot load extensions or use the network.
 */
export async function* queryFiles(
  { DuckDBInstance, LIST, VARCHAR, DOUBLE, listValue }: DuckDb,
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
      // SET does not accept placeholders.
      await connection.run(`SET allowed_paths = [${files.map(quote).join(', ')}]`);
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
      const input = values.map((value) => (typeof value === 'object' ? listValue(value) : value));
      const types = values.map((value) => {
        if (typeof value === 'object') return LIST(VARCHAR);
        return typeof value === 'number' ? DOUBLE : VARCHAR;
      });
      signal?.throwIfAborted();
      const result = await connection.stream(sql, input, types);
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

/** Quotes a text for SQL statements that accept no placeholders. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
