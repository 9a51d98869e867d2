import type { LedgerRow } from '../../store/ledger-row.js';

/** A partition: a month of events, or the events before or after the months. */
export interface TablePart {
  readonly name: string;
  readonly blocks: number;
}

/** The number of blocks in each partition. */
export const TABLE_PARTS = `
  SELECT part.relname AS name, (pg_relation_size(part.oid) / current_setting('block_size')::int)::float8 AS blocks
    FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid WHERE inhparent = 'audit_event'::regclass`;

/** The partition of a row of {@link TABLE_PARTS}. */
export function tablePartOf({ name, blocks }: LedgerRow): TablePart {
  return { name: String(name), blocks: Number(blocks) };
}

const MONTH = /_(\d{4})_(\d\d)$/;

/** Estimates how many blocks hold the events of a range of time, in milliseconds. It assumes that events spread evenly over a month. */
export function blocksWithin(parts: readonly TablePart[], from: number, to: number, now: number): number {
  return parts.reduce((sum, part) => sum + part.blocks * shareWithin(part, from, to, now), 0);
}

/** The share of a partition that lies within the range, from 0 to 1. */
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
  /** The number of blocks in all partitions with events of the range. */
  readonly blocks: number;
  readonly drawn: number;
}

/** The seed of every sample, so that the same query reads the same blocks. */
export const SEED = 1;

/** The blocks that `TABLESAMPLE SYSTEM (percent)` reads from the partitions with events of the range. */
export function drawnWithin(
  parts: readonly TablePart[],
  range: { readonly from: number; readonly to: number; readonly now: number },
  percent: number,
): DrawnBlocks {
  const read = parts.filter((part) => shareWithin(part, range.from, range.to, range.now) > 0);
  const blocks = read.reduce((sum, part) => sum + part.blocks, 0);
  return { blocks, drawn: (blocks * percent) / 100 };
}

/** The number of standard errors for 95 % confidence: 1.96. */
const DEVIATIONS = 1.96;

/** If all sampled blocks agree, fewer than three in as many blocks differ, with 95 % confidence: the "rule of three". */
const UNSEEN = 3;

/**
 * The margin of an estimate from a sample of blocks.
 *
 * @param count its count in the sampled blocks
 * @param squares the sum of the squares of each block's count
 */
export function marginOf(count: number, squares: number, { blocks, drawn }: DrawnBlocks): number {
  // The number of sampled blocks varies, so the formula uses the squares, not the deviations from their mean.
  const deviations = DEVIATIONS * Math.sqrt(squares * (1 - drawn / blocks));
  const unseen = UNSEEN * Math.max(count / drawn, 1);
  return Math.ceil((Math.max(deviations, unseen) * blocks) / drawn);
}
