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
  return parts.reduce((sum, part) => sum + part.blocks * shareWithin(part, from, to, now), 0);
}

/** How much of a part is within the range, from 0 to 1. */
function shareWithin({ name }: TablePart, from: number, to: number, now: number): number {
  const [, year, month] = MONTH.exec(name) ?? [];
  if (year === undefined || month === undefined) return 1;
  const start = Date.UTC(Number(year), Number(month) - 1);
  const end = Math.max(Math.min(Date.UTC(Number(year), Number(month)), now), start + 1);
  const shared = Math.min(end, to) - Math.max(start, from);
  return Math.min(Math.max(shared / (end - start), 0), 1);
}

/** The blocks that a sample of a range reads. */
export interface DrawnBlocks {
  /** Of all parts that have events of the range. */
  readonly blocks: number;
  /** How many of them are expected to be drawn. */
  readonly drawn: number;
}

/** The seed of every sample, so that the same query reads the same blocks. */
export const SEED = 1;

/** How many blocks `TABLESAMPLE SYSTEM (percent)` reads of the parts that have events of the range. */
export function drawnWithin(
  parts: readonly TablePart[],
  range: { readonly from: number; readonly to: number; readonly now: number },
  percent: number,
): DrawnBlocks {
  const read = parts.filter((part) => shareWithin(part, range.from, range.to, range.now) > 0);
  const blocks = read.reduce((sum, part) => sum + part.blocks, 0);
  return { blocks, drawn: (blocks * percent) / 100 };
}

/** How near to the truth an estimate is with 95 % confidence: 1.96 standard errors. */
const DEVIATIONS = 1.96;

/** Where all drawn blocks agree, fewer than three in as many as were drawn differ, with 95 % confidence: the "rule of three". */
const UNSEEN = 3;

/**
 * The margin of an estimate from a sample of blocks.
 *
 * @param count how many the drawn blocks have of it
 * @param squares the sum of the squares of how many each block has
 */
export function marginOf(count: number, squares: number, { blocks, drawn }: DrawnBlocks): number {
  // As many as expected are drawn only by and large: so the squares, and not how far they are from their mean.
  const deviations = DEVIATIONS * Math.sqrt(squares * (1 - drawn / blocks));
  const unseen = UNSEEN * Math.max(count / drawn, 1);
  return Math.ceil((Math.max(deviations, unseen) * blocks) / drawn);
}
