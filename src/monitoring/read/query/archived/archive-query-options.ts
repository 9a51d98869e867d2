import { z } from 'zod';
import { optionsOf, wholeNumber, withInput, type Given, type Resolved } from '../../../../audit/option-schemas.js';

const OPTIONS = {
  /** The number of threads that DuckDB may use: 1 to 1,024. */
  threads: wholeNumber(1, 1_024).default(2),
  /** The memory that DuckDB may use, in megabytes: 1 to 1,048,576. DuckDB writes nothing to the disk. */
  memoryMb: wholeNumber(1, 1_048_576).default(512),
  /** The time limit in milliseconds: 1 to 600,000. If a query takes longer, the answer has the status 422. */
  timeoutMs: wholeNumber(1, 600_000).default(20_000),
};

/** The limits of DuckDB for a query of archives. Only one query runs at a time. */
export interface ArchiveQueryOptions extends Given<typeof OPTIONS> {}

export interface ResolvedArchiveQuery extends Resolved<typeof OPTIONS> {}

export interface ArchiveQuerySlice {
  readonly archiveQuery: ResolvedArchiveQuery;
}

export const ARCHIVE_QUERY_OPTIONS = Symbol.for('nestjs-audit-ledger:archive-query-options');

export const ARCHIVE_QUERY_SCHEMA = withInput<ArchiveQueryOptions>()(
  optionsOf(OPTIONS, 'is not an object: give { threads, memoryMb, timeoutMs }'),
);

/** The default limits. */
export const ARCHIVE_QUERY: ResolvedArchiveQuery = z.object(OPTIONS).parse({});
