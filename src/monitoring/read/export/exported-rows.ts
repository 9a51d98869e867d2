import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { LEDGER_COLUMNS, type LedgerRow } from '../../store/ledger-row.js';
import type { SqlValues } from '../query/sql-values.js';
import { readErrors } from '../../errors/read.errors.js';

/** Limits an export to events whose index is lower than the mark, so that the checkpoint proves each event. */
export interface ExportMark {
  /** The tree size of the checkpoint; 0 if nothing is sealed. */
  readonly size: number;
  /** The signed note; absent if nothing is sealed. */
  readonly checkpoint?: string;
}

interface ExportedPart {
  readonly conditions: readonly string[];
  readonly values: SqlValues;
  readonly mark: number;
  readonly after?: string | undefined;
  /**
   * The range of ids for the time range of the filters; `to` is excluded. Without this range, PostgreSQL would read all leaves, because the
   * filters concern only the events.
   */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const MARK = `SELECT size, note FROM audit_checkpoint WHERE $1::bigint IS NULL OR size = $1 ORDER BY size DESC LIMIT 1`;

/**
 * Finds the newest checkpoint or, if `size` is given, the checkpoint of that size.
 *
 * @throws `AUDIT_EXPORT_REQUEST_INVALID` if no checkpoint has this size
 */
export async function findMark(session: LedgerQueries, size?: number): Promise<ExportMark> {
  const [newest] = await session.rows(MARK, [size ?? null]);
  if (newest) return { size: Number(newest.size), checkpoint: String(newest.note) };
  if (size !== undefined && size !== 0) throw readErrors.AUDIT_EXPORT_REQUEST_INVALID.unknownMark(size);
  return { size: 0 };
}

const FETCH = 'FETCH 200 FROM exported';

/**
 * Yields lists of rows: events with their `index`, sorted by id. PostgreSQL prepares the next list while the caller uses the current list.
 */
export async function* exportedRows(
  session: LedgerQueries,
  { conditions, values, mark, after, from, to }: ExportedPart,
): AsyncGenerator<readonly LedgerRow[], void, undefined> {
  const ends = Object.entries({ '>': after, '>=': from, '<': to });
  const places = ends.flatMap(([is, id]) => (id === undefined ? [] : `event_id ${is} ${values.place(id)}::uuid`));
  const where = [...conditions, ...(after === undefined ? [] : [`id > ${values.place(after)}::uuid`])];
  const text = `
    DECLARE exported NO SCROLL CURSOR FOR
      SELECT ${LEDGER_COLUMNS}, index FROM audit_event
        JOIN (SELECT index, event_id FROM audit_leaf
               WHERE ${[`index < ${values.place(mark)}::bigint`, ...places].join(' AND ')}) place ON event_id = id
       WHERE ${['true', ...where].join(' AND ')} ORDER BY id`;
  await session.rows(text, values.list);
  let next = session.rows(FETCH);
  for (let rows = await next; rows.length > 0; rows = await next) {
    next = session.rows(FETCH);
    next.catch(() => undefined); // the next `await` reports the error
    yield rows;
  }
}
