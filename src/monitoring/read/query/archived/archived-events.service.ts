import { Archives, type IndexedColumns } from '../../../keep/archive/archives.js';
import { loadDuckDb } from '../../../keep/archive/duckdb.js';
import { LedgerReader } from '../../../store/ledger-reader.service.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerEvent } from '../ledger-event.js';
import type { TimeRange } from '../time-range.js';
import { searchArchives, type ArchiveSearch, type SearchedArchives } from './archive-search.js';
import { readErrors } from '../../../errors/read.errors.js';
import { verifyErrors } from '../../../errors/verify.errors.js';
import { hasCode } from '../../../../audit/nest-free.js';

interface FoundInArchives {
  readonly events: readonly LedgerEvent[];
  /** The months of the searched range from which events were retired. */
  readonly months: readonly string[];
  /** The archives that an operator removed. */
  readonly removed: readonly string[];
}

const ERASED = 'SELECT event_id FROM audit_erased WHERE event_id = ANY ($1::uuid[])';

/** Searches the archives of retired events with DuckDB. Only one query runs at a time in this process. */
export class ArchivedEvents {
  /** Settles when the newest query ends. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly reader: LedgerReader,
    private readonly archives: Archives,
    private readonly limits: ArchiveQueryLimits = ARCHIVE_QUERY,
  ) {}

  /**
   * Returns the months from which events were retired, within the intersection of the ranges; `undefined` if no such month exists.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE`
   */
  async monthsWithin(...ranges: readonly Partial<TimeRange>[]): Promise<readonly string[] | undefined> {
    const rows = await this.reader.rows(RETIRED_MONTHS, toBounds(...ranges), 'audit_retired_months');
    return rows.length > 0 ? toMonths(rows) : undefined;
  }

  /**
   * Searches the archives of a time range for the first matching events.
   *
   * @throws `AUDIT_PACKAGE_MISSING` without DuckDB; `AUDIT_ARCHIVE_MISSING`,
   *   `AUDIT_ARCHIVE_INVALID`, `AUDIT_ARCHIVE_UNREADABLE`, `AUDIT_QUERY_TOO_SLOW` and `AUDIT_LEDGER_UNAVAILABLE`
   */
  async find(search: ArchiveSearch, range: Partial<TimeRange>): Promise<FoundInArchives> {
    const parts = await this.reader.rows(RETIRED_PARTS, toBounds(range));
    const months = toMonths(parts);
    if (parts.length === 0) return { events: [], months, removed: [] };
    const duckDb = await loadDuckDb();
    const { timeoutMs, ...limits } = this.limits;
    const signal = AbortSignal.timeout(timeoutMs);
    const found = this.last.then(async () => {
      if (signal.aborted) throw readErrors.AUDIT_QUERY_TOO_SLOW(); // this query waited too long for other queries
      const requested = parts.map(({ archive }) => String(archive));
      const known = new Set(await this.archives.names(requested));
      const read = requested.filter((archive) => known.has(archive));
      const removed = requested.filter((archive) => !known.has(archive));
      if (read.length === 0) return { events: [], months, removed };
      const { readErased } = this;
      const source = { duckDb, limits, archives: this.archives, findErased: readErased, signal };
      const attempt = (): Promise<readonly LedgerEvent[]> => this.search(search, source, read);
      const events = await attempt()
        .catch((error: unknown) => {
          // An erasure may have rewritten an archive during the search, with new file names.
          const isMoved = hasCode(error, 'AUDIT_ARCHIVE_INVALID', 'AUDIT_ARCHIVE_MISSING');
          if (isMoved && !signal.aborted) return attempt();
          throw error;
        })
        .catch((error: unknown) => {
          throw signal.aborted ? readErrors.AUDIT_QUERY_TOO_SLOW() : error;
        });
      return { events, months, removed };
    });
    this.last = found.catch(() => undefined);
    return found;
  }

  private async search(
    search: ArchiveSearch,
    source: Omit<SearchedArchives, 'columns'>,
    names: readonly string[],
  ): Promise<readonly LedgerEvent[]> {
    const columns: IndexedColumns[] = [];
    try {
      for (const archive of names) {
        source.signal?.throwIfAborted(); // checked before each archive, because columns() may read a whole file
        columns.push(await this.archives.columns(archive));
      }
      const events = await searchArchives(search, { ...source, columns });
      for (const each of columns) {
        if (await this.archives.isUnchanged(each)) continue;
        throw verifyErrors.AUDIT_ARCHIVE_INVALID(each.manifest.archive, 'it changed while it was read');
      }
      return events;
    } finally {
      for (const { release } of columns) await release();
    }
  }

  private readonly readErased = async (ids: readonly string[]): Promise<ReadonlySet<string>> =>
    new Set((await this.reader.rows(ERASED, [ids])).map((row) => String(row.event_id)));
}

function toMonths(rows: readonly LedgerRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ month }) => (typeof month === 'string' ? month : [])))].toSorted();
}

/** A partition without a month in its name may contain events of any time. */
const RETIRED = `
  FROM audit_retirement, to_date(substring(partition FROM '^audit_event_(\\d{4}_\\d\\d)$'), 'YYYY_MM') AS month
 WHERE state IN ('announced', 'retired')
   AND (month IS NULL OR ((month + interval '1 month') AT TIME ZONE 'UTC' > ALL ($1::timestamptz[])
                          AND month::timestamp AT TIME ZONE 'UTC' < ALL ($2::timestamptz[])))`;

const RETIRED_PARTS = `SELECT archive, to_char(month, 'YYYY-MM') AS month ${RETIRED} ORDER BY archive`;

/** Selects only the months of the {@link RETIRED} retirements, because there may be many archives. */
export const RETIRED_MONTHS = `SELECT DISTINCT to_char(month, 'YYYY-MM') AS month ${RETIRED} ORDER BY 1`;

/** Returns the parameters of {@link RETIRED}: the bounds of all ranges. The statement selects the intersection of the ranges. */
export function toBounds(...ranges: readonly Partial<TimeRange>[]): readonly (readonly Date[])[] {
  return [ranges.flatMap(({ from }) => from ?? []), ranges.flatMap(({ to }) => to ?? [])];
}

/** The limits of DuckDB for a query of archives. */
export const ARCHIVE_QUERY = { threads: 2, memoryMb: 512, timeoutMs: 20_000 } as const;

export type ArchiveQueryLimits = Readonly<Record<keyof typeof ARCHIVE_QUERY, number>>;
