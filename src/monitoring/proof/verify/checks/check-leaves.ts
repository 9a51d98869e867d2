import type { Tile, TreeEdge } from '../../log/tiles/tree-edge.js';
import type { WrongLeaf } from './check-damage.js';
import type { Finding } from '../finding.js';
import { LogCheck, type SignedHead } from '../log-check.js';
import type { LogSource, RangeReading } from '../sources/log-source.js';
import { HASH_BYTES, isSameHash } from '../../log/merkle/hashes.js';
import { TILE_WIDTH } from '../../log/tiles/tile-address.js';

const RANGE_LEAVES = 4_096;

const MAX_KEPT = 100_000;

interface LeavesToCheck {
  /** The edge of the tree before the first checked leaf. */
  readonly edge: TreeEdge;
  readonly size: number;
  /** Published heads of any size. */
  readonly published: readonly SignedHead[];
  readonly onChecked?: (progress: CheckedSoFar) => Promise<void> | void;
}

export interface CheckedSoFar {
  readonly checked: number;
  readonly size: number;
  readonly erased: number;
  readonly retired: number;
  /** A later run can resume from this edge. Absent while a leaf is undecided. */
  readonly edge?: TreeEdge;
}

interface CheckedLeaves extends Pick<RangeReading, 'findings' | 'erased' | 'retired' | 'proven'> {
  readonly edge: TreeEdge;
  readonly wrong: readonly WrongLeaf[];
}

/** Reads several ranges of the log at the same time, and checks the ranges in order. Rejects with the source's error. */
export async function checkLeaves(
  source: LogSource,
  { edge, size, published, onChecked }: LeavesToCheck,
): Promise<CheckedLeaves> {
  const check = new LogCheck(edge, source.hashSources);
  const findings: Finding[] = [];
  const ahead: Promise<RangeReading>[] = [];
  let [next, erased, retired, proven] = [edge.size, 0, 0, 0];
  const read = (): void => {
    if (next >= size) return;
    const to = Math.min(next + RANGE_LEAVES - (next % RANGE_LEAVES), size);
    const reading = source.readRange(next, to);
    reading.catch(() => undefined); // prevents an unhandled rejection until the loop below awaits the promise
    ahead.push(reading);
    next = to;
  };
  for (let started = 0; started < source.concurrency; started++) read();
  for (let reading = await ahead.shift(); reading; reading = await ahead.shift()) {
    read();
    check.add(reading, headsOf(reading, published));
    if (findings.length < MAX_KEPT) findings.push(...reading.findings);
    findings.push(...(await checkTiles(source, check.takeTiles())));
    erased += reading.erased;
    retired += reading.retired;
    proven += reading.proven;
    const settled = check.edgeIfSettled();
    await onChecked?.({ checked: check.size, size, erased, retired, ...(settled ? { edge: settled } : {}) });
  }
  const whole = check.finish();
  findings.push(...(await checkTiles(source, [...check.takeTiles(), ...edgeTiles(whole)])));
  return { edge: whole, findings: [...findings, ...check.findings], wrong: check.wrong, erased, retired, proven };
}

function headsOf({ from, to, heads }: RangeReading, published: readonly SignedHead[]): readonly SignedHead[] {
  const own = heads.map((head) => ({ ...head, isPublished: false }));
  const within = published.filter(({ size }) => size > from && size <= to);
  return within.length === 0 ? own : [...own, ...within].toSorted((one, other) => one.size - other.size);
}

async function checkTiles(source: LogSource, tiles: readonly Tile[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { level, index, width, hashes } of tiles) {
    const stored = await source.readTile(level, index, width);
    const at = { table: source.names.tiles, index: index * TILE_WIDTH ** (level + 1) };
    if (stored.length === 0) {
      findings.push({ ...at, kind: 'tile_missing', what: `tile ${index} of level ${level} is missing` });
    } else if (!isSameHash(stored.subarray(0, hashes.length), hashes)) {
      findings.push({ ...at, kind: 'tile_altered', what: `tile ${index} of level ${level} does not match its leaves` });
    }
  }
  return findings;
}

function edgeTiles({ size, partials }: TreeEdge): readonly Tile[] {
  return partials.flatMap((hashes, level) => {
    if (level === 0 || hashes.length === 0) return [];
    return [{ level, index: Math.floor(size / TILE_WIDTH ** (level + 1)), width: hashes.length / HASH_BYTES, hashes }];
  });
}
