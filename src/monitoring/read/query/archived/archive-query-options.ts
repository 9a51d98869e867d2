import { optionsOf, wholeNumber, withInput, type Given } from '../../../../audit/option-schemas.js';
import { ARCHIVE_QUERY } from './archived-events.service.js';

const OPTIONS = {
  /** The number of threads that DuckDB may use: 1 to 1,024. */
  threads: wholeNumber(1, 1_024).default(ARCHIVE_QUERY.threads),
  /** The memory that DuckDB may use, in megabytes: 1 to 1,048,576. DuckDB writes nothing to the disk. */
  memoryMb: wholeNumber(1, 1_048_576).default(ARCHIVE_QUERY.memoryMb),
  /** The time limit in milliseconds: 1 to 600,000. If a query takes longer, the answer has the status 422. */
  timeoutMs: wholeNumber(1, 600_000).default(ARCHIVE_QUERY.timeoutMs),
};

/** The limits of DuckDB for a query of archives. Only one query runs at a time. */
export interface ArchiveQueryOptions extends Given<typeof OPTIONS> {}

export const ARCHIVE_QUERY_SCHEMA = withInput<ArchiveQueryOptions>()(
  optionsOf(OPTIONS, 'is not an object: give { threads, memoryMb, timeoutMs }'),
);
