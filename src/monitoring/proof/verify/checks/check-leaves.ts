import { HASH_BYTES, isSameHash } from '../../log/merkle/hashes.js';
import { TILE_WIDTH } from '../../log/tiles/tile-address.js';
import type { Tile, TreeEdge } from '../../log/tiles/tree-edge.js';
import type { Check, CheckResult, OpenedLog } from '../check.js';
import type { Finding } from '../finding.js';
import { LogCheck, type SignedHead, type WrongLeaf } from '../log-check.js';
import type { LogSource, RangeReader, RangeReading } from '../sources/log-source.js';
import type { VerificationProgress } from '../verification.js';
import { checkArchives } from './check-archives.js';
import { checkBundles } from './check-bundles.js';
import { checkErasures } from './check-erasures.js';
import { checkHead } from './check-head.js';
import { checkPublished } from './check-published.js';
import { checkRetirements } from './check-retirements.js';
import { checkStart } from './check-start.js';

const RANGE_LEAVES = 4_096;
const MAX_FINDINGS = 100_000;
const SAVE_EVERY = 65_536;

interface LeavesToCheck {
  /** The edge of the tree before the first checked leaf. */
  readonly edge: TreeEdge;
  readonly size: number;
  /** Published heads of any size. */
  readonly published: readonly SignedHead[];
  readonly onChecked?: (progress: VerificationProgress) => Promise<void> | void;
}

interface CheckedLeaves extends CheckResult, Pick<RangeReading, 'erased' | 'retired' | 'proven'> {
  readonly edge: TreeEdge;
  readonly wrong: readonly WrongLeaf[];
}

/** Recomputes the leaves of the signed tree, and of the events that no checkpoint covers yet, and compares the trees with the signed heads. */
export const checkLeaves: Check<CheckedLeaves> = async (run) => {
  const { log } = run;
  const { source, size } = log;
  const start = (await run.of(checkStart)).edge;
  const { unsigned } = await run.of(checkHead);
  const published = (await run.of(checkPublished)).published.map((head) => ({ ...head, isPublished: true }));
  const { seen } = await run.of(checkArchives);
  const { trusted } = await run.of(checkRetirements);
  const explained = {
    retirements: trusted.map(({ id, beforeId, isOver }) => {
      return { id, beforeId, isOver, isProven: seen.some(({ retirementId }) => retirementId === id) };
    }),
    erasures: (await run.of(checkErasures)).trusted,
    bundles: (await run.of(checkBundles)).bundles,
  };
  return source.withReader(explained, size + unsigned - start.size, async (reader) => {
    const onChecked = saveProgress(log, start.size);
    const signed = await readLeaves(source, reader, { edge: start, size, published, onChecked });
    const { erased, retired } = signed;
    const found = { ...signed, report: { checked: size - start.size, erased, retired } };
    if (unsigned === 0) return found;
    const rest = await readLeaves(source, reader, { edge: signed.edge, size: size + unsigned, published: [] });
    return { ...found, findings: [...signed.findings, ...rest.findings], wrong: [...signed.wrong, ...rest.wrong] };
  });
};

function saveProgress({ trust, options }: OpenedLog, from: number): (soFar: VerificationProgress) => Promise<void> {
  const { progress, onProgress } = options;
  let keptAt = from;
  return async (soFar) => {
    onProgress?.(soFar);
    if (!progress || !soFar.edge || soFar.checked - keptAt < SAVE_EVERY) return;
    await progress.write({ origin: trust.origin, edge: soFar.edge });
    keptAt = soFar.checked;
  };
}

/** Reads several ranges of the log at the same time, and checks the ranges in order. Rejects with the source's error. */
async function readLeaves(
  source: LogSource,
  reader: RangeReader,
  { edge, size, published, onChecked }: LeavesToCheck,
): Promise<CheckedLeaves & { readonly findings: readonly Finding[] }> {
  const check = new LogCheck(edge, source.hashSources);
  const findings: Finding[] = [];
  const ahead: Promise<RangeReading>[] = [];
  let [next, erased, retired, proven] = [edge.size, 0, 0, 0];
  const read = (): void => {
    if (next >= size) return;
    const to = Math.min(next + RANGE_LEAVES - (next % RANGE_LEAVES), size);
    const reading = reader.readRange({ from: next, to });
    reading.catch(() => undefined); // prevents an unhandled rejection until the loop below awaits the promise
    ahead.push(reading);
    next = to;
  };
  for (let started = 0; started < reader.concurrency; started++) read();
  for (let reading = await ahead.shift(); reading; reading = await ahead.shift()) {
    read();
    check.add(reading, selectHeads(reading, published));
    if (findings.length < MAX_FINDINGS) findings.push(...reading.findings);
    findings.push(...(await checkTiles(source, check.takeTiles())));
    erased += reading.erased;
    retired += reading.retired;
    proven += reading.proven;
    const settled = check.edgeIfSettled();
    await onChecked?.({ checked: check.size, size, erased, retired, ...(settled ? { edge: settled } : {}) });
  }
  const whole = check.finish();
  findings.push(...(await checkTiles(source, [...check.takeTiles(), ...listEdgeTiles(whole)])));
  return { edge: whole, findings: [...findings, ...check.findings], wrong: check.wrong, erased, retired, proven };
}

function selectHeads({ from, to, heads }: RangeReading, published: readonly SignedHead[]): readonly SignedHead[] {
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

function listEdgeTiles({ size, partials }: TreeEdge): readonly Tile[] {
  return partials.flatMap((hashes, level) => {
    if (level === 0 || hashes.length === 0) return [];
    return [{ level, index: Math.floor(size / TILE_WIDTH ** (level + 1)), width: hashes.length / HASH_BYTES, hashes }];
  });
}
