import { branchLines } from '../acts/adoption-act.js';
import type { SignedCheckpoint } from '../log/notes/checkpoint.js';
import { encodeHex } from '../log/notes/encoding.js';
import { isSameHash } from '../log/merkle/hashes.js';
import type { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { growEdge, headOfEdge, rootOfEdge, type Tile, type TreeEdge } from '../log/tiles/tree-edge.js';
import { LedgerInconsistentError } from './sequencer.error.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { hasAdoption, readBranch } from './stored-adoptions.js';
import { checkSigned, readLastCheckpoint } from './stored-tree.js';
import { takeBatch } from './assign-sequence.js';

/** The state of the log in the leader's memory. */
export interface LogState {
  readonly edge: TreeEdge;
  /** The oldest transaction that may have events that are not sealed. */
  readonly fromTransaction: string;
  /** The signed note of the last checkpoint with which the tree was compared. */
  readonly signed?: string;
}

interface GrownLog {
  readonly state: LogState;
  /** Absent if the log did not grow. */
  readonly checkpoint?: SignedCheckpoint;
  /** The reason for each event that was not sealed. The key is the event's id. */
  readonly refused: ReadonlyMap<string, string>;
  /** Whether more events wait. */
  readonly hasMore: boolean;
}

const STORE_TILES = `
  INSERT INTO audit_tile (level, index, width, hashes)
    SELECT level, index, width, decode(hashes, 'hex')
      FROM unnest($1::smallint[], $2::bigint[], $3::smallint[], $4::text[]) AS tile (level, index, width, hashes)
  ON CONFLICT (level, index) DO UPDATE SET width = excluded.width, hashes = excluded.hashes`;

const STORE_CHECKPOINT = 'INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)';

/**
 * Seals one batch of committed events: stores their leaves, the tiles and the signed checkpoint. All of this is one transaction, in the
 * session that holds the leader's lock.
 *
 * @throws LedgerInconsistentError (`AUDIT_LEDGER_INCONSISTENT`) when somebody else wrote to the log, or signed another log with the key
 *   file. In this case, nothing is stored.
 * @throws the error of the PostgreSQL client. Nothing is stored, unless only the response to the commit was lost
 */
export async function growLog(session: LedgerSession, signer: CheckpointSigner, state: LogState): Promise<GrownLog> {
  return session.inTransaction(async () => {
    const signed = await signer.lastSigned.read();
    await refuseOtherWriter(session, state.edge); // this check must follow the read of the note: an unchanged log proves that no other leader wrote the note
    if (signed !== state.signed) await checkSigned(session, signer, headOfEdge(state.edge), signed);
    await rememberAdopted(session, signer);
    const { leafHashes, refused, fromTransaction, isAll } = await takeBatch(
      session,
      state.edge.size,
      state.fromTransaction,
      signer.trust,
    );
    if (leafHashes.length === 0) return { state: { ...state, fromTransaction }, refused, hasMore: !isAll };
    const { edge, tiles } = growEdge(state.edge, leafHashes);
    const head = headOfEdge(edge);
    const note = await signer.sign({ ...head, ...branchLines(await readBranch(session)) });
    await storeTiles(session, tiles);
    await session.rows(STORE_CHECKPOINT, [head.size, head.rootHash, note], 'audit_checkpoint_store');
    return { state: { edge, fromTransaction, signed: note }, checkpoint: { ...head, note }, refused, hasMore: !isAll };
  });
}

/**
 * Ends the loss of the last signed checkpoint if an operator adopted the database since. Precedes the sealing of the adoption's event: after a
 * crash in between, the next leader begins at the adopted size, and finds the adoption again.
 */
async function rememberAdopted(session: LedgerSession, { lastSigned, trust }: CheckpointSigner): Promise<void> {
  const { lostAt } = lastSigned;
  if (lostAt === undefined || !(await hasAdoption(session, trust, ({ newSize }) => newSize >= lostAt))) return;
  const last = await readLastCheckpoint(session);
  if (last) await lastSigned.adopt(last.note);
}

async function refuseOtherWriter(session: LedgerSession, edge: TreeEdge): Promise<void> {
  const last = await readLastCheckpoint(session);
  const isSame = last ? last.size === edge.size && isSameHash(last.rootHash, rootOfEdge(edge)) : edge.size === 0;
  if (isSame) return;
  throw new LedgerInconsistentError(
    `its last checkpoint has size ${last?.size ?? 0}, but the checkpoint that the leader signed has size ${edge.size}`,
  );
}

async function storeTiles(session: LedgerSession, tiles: readonly Tile[]): Promise<void> {
  const addresses = [tiles.map(({ level }) => level), tiles.map(({ index }) => index), tiles.map(({ width }) => width)];
  const hashes = tiles.map((tile) => encodeHex(tile.hashes));
  await session.rows(STORE_TILES, [...addresses, hashes], 'audit_tile_store');
}
