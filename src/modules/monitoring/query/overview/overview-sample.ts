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
  readonly drawn: number;
  /** Whether `drawn` is exact; else it is what is expected of so many blocks. */
  readonly isCounted: boolean;
}

/** The seed of every sample, so that the same query reads the same blocks. */
export const SEED = 1;
/** Counting takes some ten nanoseconds a block. */
const MOST_COUNTED = 4_000_000;

/**
 * How many blocks `TABLESAMPLE SYSTEM (percent) REPEATABLE (SEED)` reads of the parts that have events of the range. It draws the same
 * numbers of blocks in each part, so how many it draws differs from what is expected by more than chance: this is the exact number.
 */
export function drawnWithin(
  parts: readonly TablePart[],
  range: { readonly from: number; readonly to: number; readonly now: number },
  percent: number,
): DrawnBlocks {
  const read = parts.filter((part) => shareWithin(part, range.from, range.to, range.now) > 0);
  const blocks = read.reduce((sum, part) => sum + part.blocks, 0);
  const isCounted = blocks <= MOST_COUNTED;
  const drawn = isCounted
    ? read.reduce((sum, part) => sum + drawnOf(part.blocks, percent), 0)
    : Math.round((blocks * percent) / 100);
  return { blocks, drawn, isCounted };
}

/** How many of the first `blocks` blocks PostgreSQL draws: those whose hash is below the share of all hashes. */
export function drawnOf(blocks: number, percent: number): number {
  const below = Math.round((2 ** 32 * Math.fround(percent)) / 100);
  let drawn = 0;
  for (let block = 0; block < blocks; block++) {
    if (hashPair(block, HASHED_SEED) < below) drawn++;
  }
  return drawn;
}

const START = 0x9e3779b9 + 8 + 3923095;
/** The order and the rotations of the last step of Jenkins' lookup3, which is PostgreSQL's `hash_bytes`. */
function hashPair(low: number, high: number): number {
  let a = (START + low) | 0;
  let b = (START + high) | 0;
  let c = START | 0;
  c = ((c ^ b) - turned(b, 14)) | 0;
  a = ((a ^ c) - turned(c, 11)) | 0;
  b = ((b ^ a) - turned(a, 25)) | 0;
  c = ((c ^ b) - turned(b, 16)) | 0;
  a = ((a ^ c) - turned(c, 4)) | 0;
  b = ((b ^ a) - turned(a, 14)) | 0;
  c = ((c ^ b) - turned(b, 24)) | 0;
  return c >>> 0;
}

function turned(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** PostgreSQL hashes the seed as a double. */
const HASHED_SEED = hashPair(...halvesOf(SEED));

function halvesOf(value: number): [low: number, high: number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return [view.getInt32(0, true), view.getInt32(4, true)];
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
export function marginOf(count: number, squares: number, { blocks, drawn, isCounted }: DrawnBlocks): number {
  const spread = isCounted ? squares - count ** 2 / drawn : squares; // as many as expected are drawn only by and large
  const deviations = DEVIATIONS * Math.sqrt(Math.max(spread, 0) * (1 - drawn / blocks));
  const unseen = UNSEEN * Math.max(count / drawn, 1);
  return Math.ceil((Math.max(deviations, unseen) * blocks) / drawn);
}
