import type { TreeHead } from '../log/merkle/consistency.js';
import { isSameHash } from '../log/merkle/hashes.js';
import { verifyCheckpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { EMPTY_EDGE, rootOfEdge, type TreeEdge } from '../log/tiles/tree-edge.js';
import { edgeOfTiles } from './continues-published.js';
import type { Finding } from './finding.js';
import type { KeepsProgress } from './progress-file.js';
import type { LogSource } from './log-reading.js';

/** The earlier verification, and the present log. */
export interface StartRequest {
  readonly since: string | undefined;
  readonly progress: KeepsProgress | undefined;
  readonly trust: CheckpointTrust;
  readonly size: number;
  readonly newest: TreeHead | undefined;
  /** Collects mismatches. */
  readonly findings: Finding[];
  readonly lastPlaces: number | undefined;
}

/** Determines the tree that need not be recomputed. A mismatch with the log is a finding, and then everything is recomputed. */
export async function startOf(source: Pick<LogSource, 'readTile'>, request: StartRequest): Promise<TreeEdge> {
  const { since, progress, trust, size, newest, findings, lastPlaces = size } = request;
  const kept = (await progress?.read(trust.origin)) ?? EMPTY_EDGE;
  if (kept.size > size) {
    const what = `${kept.size} places were verified before, and the log ends earlier: its tail was cut off`;
    findings.push({ kind: 'tail_truncated', table: 'audit_leaf', index: size, lastIndex: kept.size - 1, what });
    return EMPTY_EDGE;
  }
  if (newest?.size === kept.size && !isSameHash(rootOfEdge(kept), newest.rootHash)) {
    const what = 'the places were verified before, and the root was another';
    findings.push({ kind: 'history_rewritten', table: 'audit_leaf', index: 0, lastIndex: kept.size - 1, what });
    return EMPTY_EDGE;
  }
  if (size - kept.size > lastPlaces) return (await edgeOfTiles(source, size - lastPlaces)) ?? kept;
  if (since === undefined) return kept;
  const head = verifyCheckpoint(since, trust).checkpoint;
  if (head.size <= kept.size || head.size > size) return kept;
  const edge = await edgeOfTiles(source, head.size);
  return edge && isSameHash(rootOfEdge(edge), head.rootHash) ? edge : kept;
}
