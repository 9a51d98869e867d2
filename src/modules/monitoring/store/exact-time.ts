/**
 * An expression for a column's time as RFC 3339 in UTC, where it is of the years from 1 on and whole in milliseconds. Any other, such as one
 * before Christ or without an end, keeps a text of its own: it never reads as a time that the ledger wrote, or as none.
 */
export function exactTime(column: string): string {
  return `CASE WHEN isfinite(${column}) AND ${column} >= '0001-01-01 00:00:00+00' AND date_trunc('milliseconds', ${column}) = ${column}
               THEN to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') ELSE ${column}::text END`;
}
