import { unknownOptions } from '../../../../audit/plain.js';

/** The limits of DuckDB for a query of archives. Only one query runs at a time. */
export interface ArchiveQueryOptions {
  /** The number of threads that DuckDB may use. @defaultValue 2 */
  readonly threads?: number;
  /** The memory that DuckDB may use, in megabytes. DuckDB writes nothing to the disk. @defaultValue 512 */
  readonly memoryMb?: number;
  /** The time limit in milliseconds, at most 600,000. If a query takes longer, the answer has the status 422. @defaultValue 20000 */
  readonly timeoutMs?: number;
}

export interface ArchiveQuerySlice {
  readonly archiveQuery: Required<ArchiveQueryOptions>;
}

export const ARCHIVE_QUERY_OPTIONS = Symbol.for('nestjs-audit-ledger:archive-query-options');

export const ARCHIVE_QUERY: Required<ArchiveQueryOptions> = { threads: 2, memoryMb: 512, timeoutMs: 20_000 };

const MOST_QUERY_MS = 600_000;

/** Returns the options with their defaults. Adds a clause to `problems` for each invalid option. */
export function resolveArchiveQuery(
  options: ArchiveQueryOptions | undefined,
  problems: string[],
): Required<ArchiveQueryOptions> {
  const seen: unknown = options ?? {};
  if (typeof seen !== 'object' || seen === null || Array.isArray(seen)) {
    problems.push('archiveQuery is not an object: give { threads, memoryMb, timeoutMs }');
    return ARCHIVE_QUERY;
  }
  const given = Object.fromEntries(Object.entries(seen).filter(([, value]) => value !== undefined));
  const resolved = { ...ARCHIVE_QUERY, ...given };
  const unknown = unknownOptions(resolved, { threads: true, memoryMb: true, timeoutMs: true });
  problems.push(...unknown.map((problem) => `archiveQuery.${problem}`));
  for (const [name, value] of Object.entries(resolved)) {
    if (Number.isInteger(value) && value >= 1) continue;
    problems.push(`archiveQuery.${name} is ${String(value)}, not a whole number above 0`);
  }
  if (resolved.timeoutMs > MOST_QUERY_MS) {
    problems.push(`archiveQuery.timeoutMs is ${resolved.timeoutMs}, more than ${MOST_QUERY_MS}`);
  }
  return resolved;
}
