import { timeOf } from './query-times.js';
import { readErrors } from '../../errors/read.errors.js';

/** A range of time. `from` is inclusive, and `to` is exclusive. */
export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

interface AskedTimes {
  readonly from?: string | Date;
  readonly to?: string | Date;
}

export function rangeAsked({ from, to }: AskedTimes): Partial<TimeRange> {
  return { ...(from === undefined ? {} : { from: timeOf(from) }), ...(to === undefined ? {} : { to: timeOf(to) }) };
}

const DEFAULT_MS = 30 * 86_400_000;

/**
 * Returns the range of time of a query. Without `from`, the range is 30 days long.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
export function rangeOf({ from, to }: AskedTimes, now = new Date()): TimeRange {
  const end = to === undefined ? now : timeOf(to, now);
  const start = from === undefined ? new Date(end.getTime() - DEFAULT_MS) : timeOf(from, now);
  if (start > end) throw readErrors.AUDIT_QUERY_INVALID(['from must not be after to']);
  return { from: start, to: end };
}
