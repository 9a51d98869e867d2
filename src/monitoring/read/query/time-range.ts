import { parseEndTime, parseTime } from './query-times.js';
import { readErrors } from '../../errors/read.errors.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { EVENT_FIELDS } from '../../proof/sealing/event-layout.js';
import { parseIdTime } from '../../store/id-time.js';
import { decodeCursor, type EventFilters, type EventQuery } from './event-query.dto.js';
import { listComparisons } from './filter-values.js';

/** A range of time. `from` is inclusive, and `to` is exclusive. */
export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

interface RequestedTimes {
  readonly from?: string | Date;
  readonly to?: string | Date;
}

export function resolveOptionalRange({ from, to }: RequestedTimes, now?: Date): Partial<TimeRange> {
  return {
    ...(from === undefined ? {} : { from: parseTime(from, now) }),
    ...(to === undefined ? {} : { to: parseEndTime(to, now) }),
  };
}

const DEFAULT_MS = 30 * 86_400_000;

/**
 * Returns the range of time of a query. Without `from`, the range is 30 days long.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
export function resolveRange(requested: RequestedTimes, now = new Date()): TimeRange {
  const { to = now, from = new Date(to.getTime() - DEFAULT_MS) } = resolveOptionalRange(requested, now);
  if (from > to) throw readErrors.AUDIT_QUERY_INVALID(['from must be before to']);
  return { from, to };
}

const SELECTIVE_FILTERS = ['about', ...EVENT_FIELDS.filter(({ isRare }) => isRare).map(({ ownName }) => ownName)];

/** Whether a query has a filter with few matching events, such as an actor, a resource or a session. */
export function isSelective(query: EventFilters): boolean {
  return SELECTIVE_FILTERS.map((name) => query[name as keyof EventFilters]).some((input) =>
    listComparisons(input).some(
      ([operator, values]) =>
        operator === 'eq' || (operator === 'is' && !values.some((value) => String(value).endsWith('*'))),
    ),
  );
}

const DAY_MS = 86_400_000;
const STEPS_MS = [DAY_MS, 8 * DAY_MS, 64 * DAY_MS];

/**
 * Splits the range of a page into shorter ranges. The ranges are searched from the newest to the oldest until the page is full. If
 * PostgreSQL expects too few matches for a page, it reads and sorts a whole range. PostgreSQL must sort, for example, the events of one
 * tenant and one type, because no index has their order. A short range limits this work. A query for which {@link isSelective} is `true` is
 * not split.
 *
 * @returns the ranges, to be combined with the query's own range. The first range has no end, and the last has no beginning
 */
export function splitRange(query: EventQuery, access: LedgerAccess, now: Date): readonly Partial<TimeRange>[] {
  const { order, cursor } = query;
  if (order === 'asc' || access.scope === 'subject' || isSelective(query)) return [{}];
  const after = decodeCursor(cursor);
  const { from, to = now } = resolveOptionalRange(query);
  const end = Math.min(...[now, to, ...(after ? [parseIdTime(after.id)] : [])].map((time) => time.getTime()));
  const begin = from?.getTime() ?? 0;
  const starts = STEPS_MS.map((length) => new Date(end - length)).filter((start) => start.getTime() > begin);
  return [...starts, undefined].map((start, nth) => {
    const until = starts[nth - 1];
    return { ...(start && { from: start }), ...(until && { to: until }) };
  });
}
