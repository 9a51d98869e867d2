import { AuditError, getErrorMessage, hasCode } from '../../audit/nest-free.js';
import { verifyConsistency, type TreeHead } from '../proof/log/merkle/verify-consistency.js';
import { EMPTY_ROOT, HASH_BYTES, isSameHash } from '../proof/log/merkle/hashes.js';
import { parseCheckpoint, verifyCheckpoint } from '../proof/log/notes/checkpoint.js';
import { parseNote } from '../proof/log/notes/signed-note.js';
import { isAbandoned } from '../keep/acts/adoption-act.js';
import type { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import { proveConsistency } from '../proof/log/tiles/prove-inclusion.js';
import type { TileReader } from '../proof/log/tiles/tile-reader.js';
import {
  EMPTY_EDGE,
  extendEdge,
  toTreeHead,
  readEdge,
  computeEdgeRoot,
  type TreeEdge,
} from '../proof/log/tiles/tree-edge.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { hasAdoption } from './stored-adoptions.js';
import { ledgerErrors } from '../errors/ledger.errors.js';

const LAST_CHECKPOINT = 'SELECT size, root, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1';
const HEAD = 'SELECT size, signed FROM audit_head';
const LAST_LEAF = 'SELECT coalesce(max(index) + 1, 0) AS leaves FROM audit_leaf';
const LEAVES = `SELECT index, leaf_hash FROM audit_leaf WHERE index >= $1 ORDER BY index LIMIT 4096`;
const TILE = 'SELECT substring(hashes FROM 1 FOR $3) AS hashes FROM audit_tile WHERE level = $1 AND index = $2';

/** Reads the database's last checkpoint without verifying it; `undefined` before the first checkpoint. */
export async function readLastCheckpoint(session: LedgerSession): Promise<(TreeHead & { note: string }) | undefined> {
  const [row] = await session.rows(LAST_CHECKPOINT, [], 'audit_checkpoint_last');
  if (!row) return undefined;
  return { size: Number(row.size), rootHash: row.root as Buffer, note: String(row.note) }; // the column's type
}

export type SignedHistory = Pick<CheckpointSigner, 'trust' | 'lastSigned'>;

export interface StoredLog {
  /** The edge of the tree of all sealed events. */
  readonly edge: TreeEdge;
  /** The head of the last checkpoint. The tree of all sealed events continues this head. */
  readonly signed: TreeHead;
}

/** Returns the size of the log, and of its last checkpoint, as `audit_head` has them. @throws `AUDIT_LEDGER_INCONSISTENT` without a row */
export async function readHead(session: LedgerSession): Promise<{ readonly size: number; readonly signed: number }> {
  const [row] = await session.rows(HEAD);
  if (!row) throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT('its table audit_head has no row');
  return { size: Number(row.size), signed: Number(row.signed) };
}

/**
 * Loads the tree of the database. Checks that the tree is consistent, and that it continues the last tree that the key file signed.
 *
 * @throws `AUDIT_LEDGER_INCONSISTENT` if the database contradicts itself or the last signed checkpoint
 * @throws the error of the PostgreSQL client or the file system
 */
export async function loadTree(session: LedgerSession, signer: SignedHistory): Promise<StoredLog> {
  const stored = await loadOwnTree(session, signer);
  await checkSigned(session, signer, toTreeHead(stored.edge), await signer.lastSigned.read());
  return stored;
}

/**
 * Loads the tree of the database, and checks that it is consistent. A key of the ledger must have signed the last checkpoint. The tiles
 * must have the checkpoint's root, and the number of leaves must be the size of the head. The tree beyond the checkpoint comes from the
 * leaves.
 *
 * @throws the errors of {@link loadTree}
 */
export async function loadOwnTree(session: LedgerSession, signer: SignedHistory): Promise<StoredLog> {
  const signed = (await readSignedHead(session, signer)) ?? { size: 0, rootHash: EMPTY_ROOT };
  const readTile = createTileReader(session);
  const edge =
    signed.size === 0
      ? EMPTY_EDGE
      : await explainCorruption('its tiles are broken', () => readEdge(signed.size, readTile));
  if (!isSameHash(computeEdgeRoot(edge), signed.rootHash)) {
    throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(
      `its tiles do not have the root of its last checkpoint, of size ${signed.size}`,
    );
  }
  const head = await readHead(session);
  if (head.signed !== signed.size) {
    const seen = `its last checkpoint has size ${signed.size}, but its head says that ${head.signed} events are signed`;
    throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(seen);
  }
  await checkLeaves(session, head.size);
  return { edge: await addUnsigned(session, edge, head.size), signed };
}

/** Adds the leaves that a leader placed after it signed the last checkpoint. */
async function addUnsigned(session: LedgerSession, signed: TreeEdge, size: number): Promise<TreeEdge> {
  let edge = signed;
  while (edge.size < size) {
    const leaves = await session.rows(LEAVES, [edge.size]);
    const first = edge.size;
    if (leaves.length === 0 || leaves.some(({ index }, nth) => Number(index) !== first + nth))
      throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(`it has not each leaf from ${first} to ${size - 1}`);
    ({ edge } = extendEdge(
      edge,
      leaves.map((row) => row.leaf_hash as Buffer), // the column's type
    ));
  }
  return edge;
}

async function readSignedHead(session: LedgerSession, signer: SignedHistory): Promise<TreeHead | undefined> {
  const last = await readLastCheckpoint(session);
  if (!last) return undefined;
  const { checkpoint } = await explainCorruption(
    `its last checkpoint, of size ${last.size}, is not signed by a key of the key file (after the loss or change of a key, add its verifier key to that file as a separate line)`,
    () => {
      const { origin } = parseCheckpoint(parseNote(last.note).text);
      if (origin !== signer.trust.origin) {
        const seen = `its last checkpoint belongs to the ledger ${origin}, and the option origin is ${signer.trust.origin}`;
        throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(`${seen} (the origin and the key of a ledger must not change)`);
      }
      return verifyCheckpoint(last.note, signer.trust);
    },
  );
  if (checkpoint.size !== last.size || !isSameHash(checkpoint.rootHash, last.rootHash)) {
    throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(
      `the row of its last checkpoint, of size ${last.size}, differs from the signed note`,
    );
  }
  return checkpoint;
}

async function checkLeaves(session: LedgerSession, size: number): Promise<void> {
  const [row] = await session.rows(LAST_LEAF);
  const leaves = Number(row?.leaves);
  if (leaves !== size) {
    throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(`it has ${leaves} leaves, but its head has size ${size}`);
  }
}

/**
 * Checks that the database continues the last signed checkpoint. A restored or rewritten database passes this check only if a signed act of
 * adoption gives up the checkpoint.
 *
 * @param note the last note that the key file signed; `undefined` before the first one
 * @throws the errors of {@link loadTree}
 */
export async function checkSigned(
  session: LedgerSession,
  signer: SignedHistory,
  head: TreeHead,
  note: string | undefined,
): Promise<void> {
  const { path } = signer.lastSigned;
  if (note === undefined) return;
  const { checkpoint: signed } = await explainCorruption(`${path} contains no checkpoint of this ledger`, () =>
    verifyCheckpoint(note, signer.trust),
  );
  const seen = await explainInconsistency(session, head, signed);
  if (seen === undefined || (await hasAdoption(session, signer.trust, (each) => isAbandoned(each, signed)))) return;
  throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(`${seen} (${path})`);
}

/** Returns why the database does not continue a signed head; `undefined` if it does. Rejects with the errors of {@link loadTree}. */
export async function explainInconsistency(
  session: LedgerSession,
  head: TreeHead,
  signed: TreeHead,
): Promise<string | undefined> {
  const readTile = createTileReader(session);
  if (signed.size > head.size) {
    return `the database ends at size ${head.size}, and a checkpoint of size ${signed.size} was signed: this database is an earlier state, or another one`;
  }
  const proof = await explainCorruption('its tiles are broken', () =>
    proveConsistency(signed.size, head.size, readTile),
  );
  return verifyConsistency(signed, head, proof)
    ? undefined
    : `its tree does not continue the signed tree of size ${signed.size}`;
}

/** If a tile has more than `width` hashes, the reader returns only the first ones. */
function createTileReader(session: LedgerSession): TileReader {
  return async (level, index, width) => {
    const [row] = await session.rows(TILE, [level, index, width * HASH_BYTES], 'audit_tile_read');
    if (!row) throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(`the tile ${index} of level ${level} is missing`);
    return row.hashes as Buffer; // the column's type
  };
}

/** Errors of the database client stay unchanged, because a connection failure proves no inconsistency. */
async function explainCorruption<Result>(seen: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, 'AUDIT_LEDGER_INCONSISTENT') || !(error instanceof AuditError)) throw error;
    throw ledgerErrors.AUDIT_LEDGER_INCONSISTENT(`${seen}: ${getErrorMessage(error).replace(/\.$/, '')}`, error);
  }
}
