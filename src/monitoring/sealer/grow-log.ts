import { buildOwnEvent, type AuditEvent, type AuditError } from '../../audit/nest-free.js';
import { getOwnEventRules } from '../read/access/own-events.js';
import { toInboxLines } from '../inbox/inbox-row.js';
import { addLines } from '../inbox/known-writers.js';
import { toBranchLines } from '../keep/acts/adoption-act.js';
import type { SignedCheckpoint } from '../proof/log/notes/checkpoint.js';
import { encodeHex } from '../proof/log/notes/encoding.js';
import { isSameHash } from '../proof/log/merkle/hashes.js';
import type { TreeHead } from '../proof/log/merkle/verify-consistency.js';
import type { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import { extendEdge, toTreeHead, type Tile } from '../proof/log/tiles/tree-edge.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { hasAdoption, readBranch } from './stored-adoptions.js';
import { checkSigned, readHead, readLastCheckpoint, type StoredLog } from './stored-tree.js';
import { insertLeaves } from './assign-sequence.js';
import type { DuplicateEvent } from './idempotency-keys.js';
import { storeLines, type Conflict, type ParkedLine, type WrittenLines } from './seal-lines.js';
import { takeRows, type InboxPosition } from './read-inbox.js';
import type { SealSource } from './seal-source.js';
import type { StoredEvent } from '../store/seal-row.js';
import { ledgerErrors } from '../errors/ledger.errors.js';

/** A new leader begins with few bytes, and doubles: a batch that exhausts the memory must not end each leader after the other. */
export const FIRST_BYTES = 64 * 1024;
const MAX_BYTES = 1024 * 1024;

/** The state of the log in the leader's memory. */
export interface LogState extends StoredLog {
  readonly inbox: InboxPosition;
  readonly takeBytes: number;
  /** The signed note of the last checkpoint with which the tree was compared. */
  readonly note?: string;
}

export interface SealResult {
  readonly state: LogState;
  readonly parked: readonly ParkedLine[];
  readonly duplicates: readonly DuplicateEvent[];
}

const STORE_TILES = `
  INSERT INTO audit_tile (level, index, width, hashes)
    SELECT level, index, width, decode(hashes, 'hex')
      FROM unnest($1::smallint[], $2::bigint[], $3::smallint[], $4::text[]) AS tile (level, index, width, hashes)
  ON CONFLICT (level, index) DO UPDATE SET width = excluded.width, hashes = excluded.hashes`;

const STORE_CHECKPOINT = 'INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)';

const UPDATE_HEAD =
  'UPDATE audit_head SET size = $2, sealed_at = clock_timestamp() WHERE size = $1 AND signed = $3 RETURNING size';
const SIGN_HEAD = 'UPDATE audit_head SET signed = size WHERE size = $1 AND signed = $2 RETURNING size';

/**
 * Seals one batch of committed events: stores their leaves and the tiles, and moves the head on. All of this is one transaction, in the
 * session that holds the leader's lock. No checkpoint covers the new leaves until {@link signLog}.
 *
 * @returns `hasMore` is whether more events wait
 * @throws `AUDIT_LEDGER_INCONSISTENT` when somebody else wrote to the log. In this case, nothing is stored.
 * @throws the error of the PostgreSQL client. Nothing is stored, unless only the response to the commit was lost
 */
export async function sealFromInbox(
  session: LedgerSession,
  signer: CheckpointSigner,
  state: LogState,
): Promise<SealResult & { readonly hasMore: boolean }> {
  return session.inTransaction(async () => {
    await storeAdoptedCheckpoint(session, signer);
    const taken = await takeRows(session, state.inbox, state.takeBytes);
    const { stored, ...left } = await storeWritten(session, signer, taken.rows);
    const next = { ...state, inbox: taken.seen, takeBytes: Math.min(state.takeBytes * 2, MAX_BYTES) };
    return { ...left, hasMore: !taken.isAll, state: await integrateEvents(session, next, stored) };
  });
}

/** Seals a part of what waits in another place than the inbox, like {@link sealFromInbox}. Throws the errors of the source, too. */
export async function sealFromSource(
  session: LedgerSession,
  signer: CheckpointSigner,
  state: LogState,
  source: SealSource,
): Promise<SealResult> {
  return session.inTransaction(async () => {
    await storeAdoptedCheckpoint(session, signer);
    const parked: ParkedLine[] = [];
    const duplicates: DuplicateEvent[] = [];
    const stored = await source.store(session, async (rows) => {
      const lines = await storeWritten(session, signer, rows);
      parked.push(...lines.parked);
      duplicates.push(...lines.duplicates);
      return lines.stored;
    });
    return { parked, duplicates, state: await integrateEvents(session, state, stored) };
  });
}

async function storeWritten(
  session: LedgerSession,
  signer: CheckpointSigner,
  rows: readonly WrittenLines[],
): Promise<Omit<SealResult, 'state'> & { readonly stored: readonly StoredEvent[] }> {
  const { stored, duplicates, conflicts, parked } = await storeLines(session, rows);
  if (conflicts.length > 0) await addLines(session, toInboxLines(toConflictEvents(conflicts), getOwnEventRules));
  return { stored: [...stored.values()], duplicates, parked };
}

async function integrateEvents(
  session: LedgerSession,
  state: LogState,
  stored: readonly StoredEvent[],
): Promise<LogState> {
  if (stored.length === 0) return state;
  const leafHashes = stored.map(({ leafHash }) => Buffer.from(leafHash, 'hex'));
  const { edge, tiles } = extendEdge(state.edge, leafHashes);
  const moved = await session.rows(UPDATE_HEAD, [state.edge.size, edge.size, state.signed.size], 'audit_head_move');
  if (moved.length === 0) throw await createOtherHeadError(session, state);
  await insertLeaves(session, state.edge.size, stored);
  await storeTiles(session, tiles);
  return { ...state, edge };
}

/** Somebody could send many, so a seal has at most so many events about them. */
const MAX_CONFLICTS = 16;

function toConflictEvents(conflicts: readonly Conflict[]): readonly AuditEvent[] {
  const more = conflicts.length - MAX_CONFLICTS;
  return conflicts.slice(0, MAX_CONFLICTS).map((conflict, nth) => {
    const details = { ...conflict, ...(nth === 0 && more > 0 && { more }) };
    const system = { category: 'system', severity: 'critical', actor: { type: 'system' } } as const;
    return buildOwnEvent('audit_event_conflict', { ...system, details });
  });
}

/**
 * Signs a checkpoint of all sealed events, and stores it, in one transaction.
 *
 * @throws `AUDIT_LEDGER_INCONSISTENT` when somebody else wrote to the log, or signed another log with the key
 *   file. In this case, nothing is stored.
 * @throws the error of the PostgreSQL client. Nothing is stored, unless only the response to the commit was lost
 */
export async function signLog(
  session: LedgerSession,
  signer: CheckpointSigner,
  state: LogState,
): Promise<{ readonly state: LogState; readonly checkpoint: SignedCheckpoint }> {
  return session.inTransaction(async () => {
    const kept = await signer.lastSigned.read();
    // This must follow the read of the note: an unmoved head proves that no other leader wrote the note.
    const moved = await session.rows(SIGN_HEAD, [state.edge.size, state.signed.size], 'audit_head_sign');
    if (moved.length === 0) throw await createOtherHeadError(session, state);
    await assertSameCheckpoint(session, state.signed);
    const head = toTreeHead(state.edge);
    if (kept !== state.note) await checkSigned(session, signer, head, kept);
    const note = await signer.signCheckpoint({ ...head, ...toBranchLines(await readBranch(session)) });
    await session.rows(STORE_CHECKPOINT, [head.size, head.rootHash, note], 'audit_checkpoint_store');
    return { state: { ...state, signed: head, note }, checkpoint: { ...head, note } };
  });
}

/**
 * Ends the loss of the last signed checkpoint if an operator adopted the database since. Precedes the sealing of the adoption's event: after a
 * crash in between, the next leader begins at the adopted size, and finds the adoption again.
 */
async function storeAdoptedCheckpoint(session: LedgerSession, { lastSigned, trust }: CheckpointSigner): Promise<void> {
  const { lostAt } = lastSigned;
  if (lostAt === undefined || !(await hasAdoption(session, trust, ({ newSize }) => newSize >= lostAt))) return;
  const last = await readLastCheckpoint(session);
  if (last) await lastSigned.adopt(last.note);
}

async function createOtherHeadError(session: LedgerSession, { edge, signed }: LogState): Promise<AuditError> {
  const { size, signed: signedSize } = await readHead(session);
  return ledgerErrors.AUDIT_LEDGER_INCONSISTENT(
    `its head has size ${size} and ${signedSize} signed events, but this leader sealed ${edge.size}, and signed ${signed.size}`,
  );
}

async function assertSameCheckpoint(session: LedgerSession, signed: TreeHead): Promise<void> {
  const last = await readLastCheckpoint(session);
  if (last ? last.size === signed.size && isSameHash(last.rootHash, signed.rootHash) : signed.size === 0) return;
  throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(
    `its last checkpoint has size ${last?.size ?? 0}, but the checkpoint that the leader signed has size ${signed.size}`,
  );
}

async function storeTiles(session: LedgerSession, tiles: readonly Tile[]): Promise<void> {
  const addresses = [tiles.map(({ level }) => level), tiles.map(({ index }) => index), tiles.map(({ width }) => width)];
  const hashes = tiles.map((tile) => encodeHex(tile.hashes));
  await session.rows(STORE_TILES, [...addresses, hashes], 'audit_tile_store');
}
