import type { LedgerRow } from '../../store/ledger-row.js';

/** A month of events, or what lies before or behind the months. */
export interface TablePart {
  readonly name: string;
  readonly blocks: number;
}

/** How many blocks each part of the table has. */
export const TABLE_PARTS = `
  SELECT part.relname AS name, (pg_relation_size(part.oid) / current_setting('block_size')::int)::float8 AS blocks
    FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid WHERE inhparent = 'audit_event'::regclass`;

/** What a row of {@link TABLE_PARTS} says. */
export function tablePartOf({ name, blocks }: LedgerRow): TablePart {
  return { name: String(name), blocks: Number(blocks) };
}

const MONTH = /_(\d{4})_(\d\d)$/;

/** About how many blocks hold the events of a range of time, in milliseconds: events of a month are taken to be spread evenly over it. */
export function blocksWithin(parts: readonly TablePart[], from: number, to: number, now: number): number {
  return parts.reduce((sum, { name, blocks }) => {
    const [, year, month] = MONTH.exec(name) ?? [];
    if (year === undefined || month === undefined) return sum + blocks;
    const start = Date.UTC(Number(year), Number(month) - 1);
    const end = Math.max(Math.min(Date.UTC(Number(year), Number(month)), now), start + 1);
    const shared = Math.min(end, to) - Math.max(start, from);
    return sum + blocks * Math.min(Math.max(shared / (end - start), 0), 1);
  }, 0);
}

/** How near to the truth an estimate is with 95 % confidence: 1.96 standard errors. */
const DEVIATIONS = 1.96;

/**
 * The margin of an estimate from blocks that were each drawn with the chance `share`, by the estimator of Horvitz and Thompson.
 *
 * @param squares the sum of the squares of what each block has of it
 */
export function marginOf(squares: number, share: number): number {
  return Math.ceil((DEVIATIONS * Math.sqrt(squares * (1 - share))) / share);
}
