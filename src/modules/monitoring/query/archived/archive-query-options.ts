import { InvalidOptionsError } from '../../../../audit/plain.js';

/** Limits of DuckDB for a query of archives. One query runs at a time. */
export interface ArchiveQueryOptions {
  /** How many threads DuckDB may use. @defaultValue 2 */
  readonly threads?: number;
  /** How much memory DuckDB may use, in megabytes. It writes nothing to the disk. @defaultValue 512 */
  readonly memoryMb?: number;
  /** How long a query may take, in milliseconds, at most 600,000: a longer one is answered 422. @defaultValue 20000 */
  readonly timeoutMs?: number;
}

/** The limits of queries of archives. */
export interface ArchiveQuerySlice {
  readonly archiveQuery: Required<ArchiveQueryOptions>;
}

export const ARCHIVE_QUERY_OPTIONS = Symbol.for('nestjs-audit-ledger:archive-query-options');

/** The default limits of a query of archives. */
export const ARCHIVE_QUERY: Required<ArchiveQueryOptions> = { threads: 2, memoryMb: 512, timeoutMs: 20_000 };

const MOST_QUERY_MS = 600_000;

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveArchiveQuery(
  options: ArchiveQueryOptions | undefined,
  problems: string[],
): Required<ArchiveQueryOptions> {
  const resolved = { ...ARCHIVE_QUERY, ...given(options) };
  problems.push(...problemsOfArchiveQuery(options, resolved));
  return resolved;
}

/** The given options; `undefined` leaves the default. */
function given(options: ArchiveQueryOptions | undefined): ArchiveQueryOptions {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
}

function problemsOfArchiveQuery(options: unknown, resolved: Required<ArchiveQueryOptions>): readonly string[] {
  if (options !== undefined && (typeof options !== 'object' || options === null || Array.isArray(options))) {
    return ['archiveQuery is not an object: give { threads, memoryMb, timeoutMs }'];
  }
  const unknown = InvalidOptionsError.unknownOptions(resolved, { threads: true, memoryMb: true, timeoutMs: true });
  const wrong = Object.entries(resolved).filter(([, value]) => !Number.isInteger(value) || value < 1);
  return [
    ...unknown.map((problem) => `archiveQuery.${problem}`),
    ...wrong.map(([name, value]) => `archiveQuery.${name} is ${String(value)}, not a whole number above 0`),
    ...(resolved.timeoutMs > MOST_QUERY_MS
      ? [`archiveQuery.timeoutMs is ${resolved.timeoutMs}, more than ${MOST_QUERY_MS}`]
      : []),
  ];
}
