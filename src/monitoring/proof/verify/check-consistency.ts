import { verifyConsistency, type TreeHead } from '../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import { proveConsistency } from '../log/tiles/prove-inclusion.js';
import { tileWidth } from '../log/tiles/tile-address.js';
import { keepTiles } from '../log/tiles/tile-reader.js';
import { InvalidTileError } from '../log/tiles/tile.error.js';
import { headOfEdge, readEdge, rootOfEdge, type TreeEdge, EMPTY_EDGE } from '../log/tiles/tree-edge.js';
import type { LogSource } from './sources/log-source.js';
import { verifyCheckpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import type { Finding } from './finding.js';
import type { KeepsProgress } from './progress-file.js';

type Tiles = Pick<LogSource, 'readTile'>;

/** Whether a tree continues each published tree that is not larger. The proof uses the stored tiles, which are not recomputed. */
export async function continuesPublished(
  source: Tiles,
  edge: TreeEdge,
  published: readonly TreeHead[],
): Promise<boolean> {
  const newer = headOfEdge(edge);
  const readTile = keepTiles(source.readTile);
  for (const older of published) {
    if (older.size > newer.size) continue;
    const proof = await unlessBroken(proveConsistency(older.size, newer.size, readTile));
    if (!proof || !verifyConsistency(older, newer, proof)) return false;
  }
  return true;
}

/** Resolves with a result from tiles, or with `undefined` if a tile is missing or has the wrong length. */
export async function unlessBroken<Result>(made: Promise<Result>): Promise<Result | undefined> {
  return made.catch((error: unknown) => {
    if (error instanceof InvalidTileError) return undefined;
    throw error;
  });
}

/**
 * Returns the edge of a tree of this size from its tiles; `undefined` if a tile is missing or cut off. Rejects with the source's error.
 *
 * @param logSize the size of the log, which determines each tile's full width: a folder has only tiles of this width
 */
export async function edgeOfTiles(source: Tiles, size: number, logSize = size): Promise<TreeEdge | undefined> {
  const edge = readEdge(size, async (level, index, width) => {
    const whole = await source.readTile(level, index, tileWidth(level, index, logSize));
    return whole.subarray(0, width * HASH_BYTES);
  });
  return unlessBroken(edge);
}

/** Whether the tiles of a log of this size prove that the log continues a head. Rejects with the source's error. */
export async function isContinuedByTiles(source: Tiles, size: number, head: TreeHead): Promise<boolean> {
  const edge = head.size <= size ? await edgeOfTiles(source, size) : undefined;
  return edge !== undefined && continuesPublished(source, edge, [head]);
}

interface StartRequest {
  readonly since: string | undefined;
  readonly progress: KeepsProgress | undefined;
  readonly trust: CheckpointTrust;
  readonly size: number;
  readonly newest: TreeHead | undefined;
  readonly findings: Finding[];
  readonly lastEvents: number | undefined;
}

/** Returns the edge after which leaves are recomputed. If the log contradicts an earlier run, adds a finding and starts at leaf 0. */
export async function startOf(source: Pick<LogSource, 'readTile'>, request: StartRequest): Promise<TreeEdge> {
  const { since, progress, trust, size, newest, findings, lastEvents = size } = request;
  const kept = (await progress?.read(trust.origin)) ?? EMPTY_EDGE;
  if (kept.size > size) {
    const what = `an earlier run verified ${kept.size} events, but the log now ends earlier: its tail was cut off`;
    findings.push({ kind: 'tail_truncated', table: 'audit_leaf', index: size, lastIndex: kept.size - 1, what });
    return EMPTY_EDGE;
  }
  if (newest?.size === kept.size && !isSameHash(rootOfEdge(kept), newest.rootHash)) {
    const what = 'an earlier run verified these events with another root';
    findings.push({ kind: 'history_rewritten', table: 'audit_leaf', index: 0, lastIndex: kept.size - 1, what });
    return EMPTY_EDGE;
  }
  if (size - kept.size > lastEvents) return (await edgeOfTiles(source, size - lastEvents)) ?? kept;
  if (since === undefined) return kept;
  const head = verifyCheckpoint(since, trust).checkpoint;
  if (head.size <= kept.size || head.size > size) return kept;
  const edge = await edgeOfTiles(source, head.size);
  return edge && isSameHash(rootOfEdge(edge), head.rootHash) ? edge : kept;
}
