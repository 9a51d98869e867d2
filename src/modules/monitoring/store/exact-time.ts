/**
 * An expression for a column's time as RFC 3339 in UTC, if its year is at least 1 and it has whole milliseconds. Any other time, such as
 * `infinity`, keeps a different text, so that it is never taken for a time that the ledger wrote, or for a missing one.
 */
export function exactTime(column: string): string {
  return `CASE WHEN isfinite(${column}) AND ${column} >= '0001-01-01 00:00:00+00' AND date_trunc('milliseconds', ${column}) = ${column}
               THEN to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') ELSE ${column}::text END`;
}
