/** Returns the time of a UUIDv7: its first 48 bits are milliseconds (RFC 9562, section 5.7). */
export function parseIdTime(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

/** Returns the time by which lists of events are sorted. The ledger accepts some events later than they happened, such as row changes. */
export function getAcceptedAt({ id, occurredAt }: { readonly id: string; readonly occurredAt: string }): string {
  return UUID_V7.test(id) ? parseIdTime(id).toISOString() : occurredAt;
}

/** The last millisecond that fits into an id. */
const LAST_MS = 2 ** 48 - 1;

/** Returns the smallest UUIDv7 with the given time. If no UUIDv7 can contain the time, uses the nearest possible time. */
export function createFirstIdAt(time: Date): string {
  const hex = Math.min(Math.max(time.getTime(), 0), LAST_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** Only months from the first to the last of these years have their own partitions. Other times come from wrong clocks. */
const FIRST_YEAR = 2020;
const LAST_YEAR = 2099;

/**
 * Returns the months (UTC) whose partitions contain these ids. Each month appears once, as a time in that month. All times before 2020
 * count as one month, and so do all times from 2100 on, as in `audit_event_make_partition`.
 */
export function listMonths(ids: readonly string[]): readonly Date[] {
  const months = new Set(ids.map((id) => toMonthNumber(parseIdTime(id))));
  return [...months].map((month) => new Date(month));
}

function toMonthNumber(time: Date): number {
  const year = time.getUTCFullYear();
  if (year < FIRST_YEAR) return Date.UTC(FIRST_YEAR - 1, 0);
  if (year > LAST_YEAR) return Date.UTC(LAST_YEAR + 1, 0);
  return Date.UTC(year, time.getUTCMonth());
}

/** Every event has an id between `FIRST_ID` and `LAST_ID`. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
