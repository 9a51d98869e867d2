import { VERIFIER } from '../../store/ledger-roles.js';
import { LedgerSession } from '../../store/sessions/ledger-session.js';
import { HASH_BYTES } from '../log/merkle/hashes.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { verifyInclusion } from '../log/merkle/verify-inclusion.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { proveInclusion } from '../log/tiles/prove-inclusion.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import { CheckRun } from './check.js';
import { undefinedIfBroken } from './check-consistency.js';
import { diagnose } from './checks/check-damage.js';
import { checkErasures } from './checks/check-erasures.js';
import { readRetirements } from './checks/check-retirements.js';
import type { Finding } from './finding.js';
import type { WrongLeaf } from './log-check.js';
import { openSigned } from './open-signed.js';
import { selectMajorityHash, type LogSource } from './sources/log-source.js';
import { readRange } from './sources/read-range.js';

interface WindowRequest {
  readonly connectionUrl: string;
  readonly trust: CheckpointTrust;
  /** The first index. This index is rounded down to the start of a tile. If the index is beyond the last full tile, the window starts at 0. */
  readonly from: number;
  /** The maximum number of events. The window contains only whole tiles, and at least one tile. */
  readonly maxEvents: number;
  readonly pageRows?: number;
  readonly signal?: AbortSignal;
}

interface WindowVerification {
  readonly from: number;
  /** The index after the last checked event. */
  readonly to: number;
  readonly findings: readonly Finding[];
}

/**
 * Compares some full tiles with the newest signed root, and the tiles' events with the tiles. Rejects with the error of the database
 * client.
 */
export async function verifyWindow(request: WindowRequest): Promise<WindowVerification> {
  const snapshot = await LedgerSession.open(request.connectionUrl, VERIFIER, { signal: request.signal });
  try {
    return await verifyTiles(snapshot, new CheckRun(await openSigned(snapshot, request.trust)), request);
  } finally {
    await snapshot.close();
  }
}

async function verifyTiles(
  snapshot: LedgerSession,
  run: CheckRun,
  { from: requested, maxEvents, pageRows }: WindowRequest,
): Promise<WindowVerification> {
  const { source, head, trust } = run.log;
  if (!head) return { from: 0, to: 0, findings: [] };
  const full = Math.floor(head.size / TILE_WIDTH);
  const first = Math.floor(requested / TILE_WIDTH);
  const start = first < full ? first : 0;
  const end = Math.min(start + Math.max(Math.floor(maxEvents / TILE_WIDTH), 1), full);
  const window = { from: start * TILE_WIDTH, to: end * TILE_WIDTH };
  const retirements = await readRetirements(snapshot, window, run.log);
  const { trusted: erasures } = await run.of(checkErasures); // verifyLedger reports the findings about acts and erasures
  const findings: Finding[] = [...retirements.findings];
  const wrong: WrongLeaf[] = [];
  for (let tile = start; tile < end; tile++) {
    const isRight = await isTileConsistent(source, tile, head);
    if (!isRight) {
      const what = `tile ${tile} of level 0, or one above it, does not lead to the signed root of size ${head.size}`;
      findings.push({ kind: 'tile_altered', table: 'audit_tile', index: tile * TILE_WIDTH, what });
    }
    const span = { from: tile * TILE_WIDTH, to: (tile + 1) * TILE_WIDTH };
    const range = await readRange(snapshot, span, { trust, retirements: retirements.trusted, erasures, pageRows });
    findings.push(...range.findings);
    for (const reading of range.differing)
      wrong.push({ reading, expectedHash: (isRight ? reading.tile : undefined) ?? selectMajorityHash(reading) });
  }
  return { ...window, findings: [...findings, ...diagnose(wrong, [], source)] };
}

/** An inclusion proof of the first leaf is enough, because the proof depends on all hashes in the tile. */
async function isTileConsistent(source: LogSource, tile: number, { size, rootHash }: TreeHead): Promise<boolean> {
  const index = tile * TILE_WIDTH;
  const hashes = await undefinedIfBroken(proveInclusion(index, size, source.readTile));
  const leafHash = (await source.readTile(0, tile, TILE_WIDTH)).subarray(0, HASH_BYTES);
  return hashes !== undefined && verifyInclusion({ index, size, leafHash, hashes }, rootHash);
}
