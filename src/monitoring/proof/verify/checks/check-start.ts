import { isSameHash } from '../../log/merkle/hashes.js';
import { verifyCheckpoint } from '../../log/notes/checkpoint.js';
import { EMPTY_EDGE, computeEdgeRoot, type TreeEdge } from '../../log/tiles/tree-edge.js';
import type { Check, CheckResult, OpenedLog } from '../check.js';
import { extendsPublished, readTileEdge } from '../check-consistency.js';
import type { Finding } from '../finding.js';
import { checkPublished } from './check-published.js';

interface Start extends CheckResult {
  /** The edge after which leaves are recomputed. */
  readonly edge: TreeEdge;
}

/** Determines the first leaf to recompute. After a contradiction, this is leaf 0, to find where the difference begins. */
export const checkStart: Check<Start> = async (run) => {
  const { published } = await run.of(checkPublished);
  const { edge, ...found } = await resolveStart(run.log);
  return { ...found, edge: (await extendsPublished(run.log.source, edge, published)) ? edge : EMPTY_EDGE };
};

async function resolveStart({ source, trust, size, head: newest, options }: OpenedLog): Promise<Start> {
  const { since, progress, lastEvents = size } = options;
  const kept = (await progress?.read(trust.origin)) ?? EMPTY_EDGE;
  const again = (kind: Finding['kind'], index: number, what: string): Start => {
    const finding = { kind, table: 'audit_leaf', index, lastIndex: kept.size - 1, what };
    return { edge: EMPTY_EDGE, findings: [finding] };
  };
  if (kept.size > size) {
    const what = `an earlier run verified ${kept.size} events, but the log now ends earlier: its tail was cut off`;
    return again('tail_truncated', size, what);
  }
  if (newest?.size === kept.size && !isSameHash(computeEdgeRoot(kept), newest.rootHash))
    return again('history_rewritten', 0, 'an earlier run verified these events with another root');
  if (size - kept.size > lastEvents) return { edge: (await readTileEdge(source, size - lastEvents, size)) ?? kept };
  if (since === undefined) return { edge: kept };
  const head = verifyCheckpoint(since, trust).checkpoint;
  if (head.size <= kept.size || head.size > size) return { edge: kept };
  const edge = await readTileEdge(source, head.size, size);
  return { edge: edge && isSameHash(computeEdgeRoot(edge), head.rootHash) ? edge : kept };
}
