import type { EventFilters } from '../event-filters.dto.js';
import { timeOf } from '../query-times.js';
import type { TimeRange } from '../time-range.js';

/** The retirements whose events may be gone from the database, within {@link boundsOf} ranges. One that is not of a month may have any. */
const RETIRED = `
  FROM audit_retirement, to_date(substring(partition FROM '^audit_event_(\\d{4}_\\d\\d)$'), 'YYYY_MM') AS month
 WHERE state IN ('announced', 'retired')
   AND (month IS NULL OR ((month + interval '1 month') AT TIME ZONE 'UTC' > ALL ($1::timestamptz[])
                          AND month::timestamp AT TIME ZONE 'UTC' < ALL ($2::timestamptz[])))`;

/** Reads, from the ledger's own tables, which archives hold events of a range of time that the database may no longer have. */
export const RETIRED_PARTS = `SELECT archive, to_char(month, 'YYYY-MM') AS month ${RETIRED} ORDER BY archive`;

/** Reads the months of these archives without their names, which may be many. */
export const RETIRED_MONTHS = `SELECT DISTINCT to_char(month, 'YYYY-MM') AS month ${RETIRED} ORDER BY 1`;

/** The values of these statements, for what lies in all of the ranges. */
export function boundsOf(...ranges: readonly Partial<TimeRange>[]): readonly (readonly Date[])[] {
  return [ranges.flatMap(({ from }) => from ?? []), ranges.flatMap(({ to }) => to ?? [])];
}

/** The range of time that a query asks for. */
export function rangeAsked({ from, to }: Pick<EventFilters, 'from' | 'to'>): Partial<TimeRange> {
  return { ...(from === undefined ? {} : { from: timeOf(from) }), ...(to === undefined ? {} : { to: timeOf(to) }) };
}
