import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import {
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointTrust,
  type SignedCheckpoint,
} from '../log/notes/checkpoint.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { Finding } from './finding.js';
import { judgeCheckpoint } from './judge-checkpoint.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { LedgerQueries, LedgerSession } from '../../store/sessions/ledger-session.js';
import { storedBytes } from './sources/log-source.js';
import { VerifyRequestError } from './verify-request.error.js';

const MAX_ROWS = 1_000;

const NEWEST = 'SELECT size, root, note FROM audit_checkpoint WHERE size < $1 ORDER BY size DESC LIMIT 100';
const BEYOND = `SELECT size, root, note FROM audit_checkpoint WHERE (size > $1 OR size < 1) IS NOT FALSE ORDER BY size LIMIT ${MAX_ROWS}`;
const ROOTS = 'SELECT size, root FROM audit_checkpoint WHERE size = ANY ($1::bigint[])';

/** The condition that a leaf's index is an integer. Without the table's constraints, an index could be null or a fraction. */
export const IS_INDEX = 'index = index::bigint';

const HEAD = 'SELECT size, signed FROM audit_head LIMIT 2';

const EXTRA_LEAVES = `
  SELECT index, event_id FROM audit_leaf
   WHERE index >= $1 OR index < 0 OR (${IS_INDEX}) IS NOT TRUE ORDER BY index LIMIT ${MAX_ROWS}`;
/** Excludes levels and indexes with which the server's numbers would overflow. */
const IN_TREES = 'level BETWEEN 0 AND 7 AND index >= 0';
const EXTRA_TILES = `
  SELECT level, index FROM audit_tile
   WHERE CASE WHEN ${IN_TREES} THEN (index::numeric * ${TILE_WIDTH} + 1) * power(${TILE_WIDTH}::numeric, level) > $1 ELSE true END
   ORDER BY level, index LIMIT ${MAX_ROWS}`;

/** This statement omits tiles with too few hashes, which are found when the tiles are read. */
const WRONG_TILES = `
  SELECT level, index FROM (
    SELECT level, index, width, octet_length(hashes) / ${HASH_BYTES}.0 AS hashes,
           least(floor($1 / power(${TILE_WIDTH}::numeric, level)) - index::numeric * ${TILE_WIDTH}, ${TILE_WIDTH}) AS wanted
      FROM audit_tile WHERE ${IN_TREES}) tile
   WHERE wanted > 0 GROUP BY level, index
  HAVING count(*) > 1 OR max(hashes) > max(wanted) OR max(hashes) <> max(width)
   ORDER BY level, index LIMIT ${MAX_ROWS}`;

/** Returns the verifier keys in the database. Whoever can rewrite the database can also replace these keys. */
export async function readStoredKeys(snapshot: LedgerQueries): Promise<readonly string[]> {
  const rows = await snapshot.rows('SELECT verifier_key FROM audit_signing_key ORDER BY first_used_at, verifier_key');
  return rows.map(({ verifier_key: key }) => String(key));
}

/** @throws VerifyRequestError (`AUDIT_VERIFY_REQUEST_INVALID`) */
export async function refuseWithoutLedger(snapshot: LedgerSession): Promise<void> {
  const [row] = await snapshot.rows(`SELECT to_regclass('audit_checkpoint') IS NOT NULL AS is_there`);
  if (row?.is_there !== true) throw VerifyRequestError.noTables();
}

/** Returns the newest checkpoint's note without verifying it; `undefined` without a checkpoint. */
export async function readNewestNote(snapshot: LedgerSession): Promise<string | undefined> {
  const [row] = await snapshot.rows(NEWEST, [Number.MAX_SAFE_INTEGER]);
  return row && String(row.note);
}

/** Returns the largest stored head that a known key signed; `undefined` if no such head is stored. */
export async function readNewestHead(
  snapshot: LedgerSession,
  trust: CheckpointTrust,
): Promise<SignedCheckpoint | undefined> {
  for await (const row of readCheckpoints(snapshot)) {
    const judged = judgeCheckpoint(row, trust);
    if ('head' in judged) return { ...judged.head, note: String(row.note) };
  }
  return undefined;
}

/** Yields the rows of all checkpoints, unverified, the newest first. */
export async function* readCheckpoints(snapshot: LedgerSession): AsyncIterable<LedgerRow> {
  for await (const rows of pagesBySize(snapshot, NEWEST)) yield* rows;
}

/** Yields the pages of a statement that selects rows whose `size` is below the parameter, the largest size first. */
export async function* pagesBySize(snapshot: LedgerSession, text: string): AsyncIterable<readonly LedgerRow[]> {
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const rows = await snapshot.rows(text, [before]);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    before = Number(last.size);
  }
}

export async function countLeaves(snapshot: LedgerSession): Promise<number> {
  const [row] = await snapshot.rows('SELECT count(*) AS leaves FROM audit_leaf');
  return Number(row?.leaves);
}

/**
 * Returns the size of the log with the events that no checkpoint covers yet. A leader signs about a second after it seals, so these events
 * are few. Where the row is missing or contradicts the newest checkpoint, the log ends at that checkpoint. Anybody can write any size into the
 * row, so the log never ends beyond the stored leaves.
 *
 * @param signed the size of the newest checkpoint
 * @param leaves the number of stored leaves
 */
export async function readLogSize(
  snapshot: LedgerSession,
  signed: number,
  leaves: number,
): Promise<{ readonly size: number; readonly findings: readonly Finding[] }> {
  const rows = await snapshot.rows(HEAD);
  const [size, signedSize] = [Number(rows[0]?.size), Number(rows[0]?.signed)];
  const at = { table: 'audit_head', index: signed };
  if (rows.length !== 1 || !(size >= signedSize)) {
    const what = `it has ${rows.length} rows or no sizes in place of one: the log is read up to its newest checkpoint`;
    return { size: signed, findings: [{ ...at, kind: 'head_altered', what }] };
  }
  if (signedSize === signed) {
    if (size <= Math.max(signed, leaves)) return { size, findings: [] };
    const what = `it says that ${size} events are sealed, but there are ${leaves} leaves: the end was cut off, or the head was altered`;
    return { size: Math.max(signed, leaves), findings: [{ ...at, kind: 'head_altered', what }] };
  }
  const what = `it says that a checkpoint of size ${signedSize} was signed, but the newest one of a known key has size ${signed}`;
  return { size: signed, findings: [{ ...at, kind: signedSize > signed ? 'checkpoint_missing' : 'head_altered', what }] };
}

/** Finds rows of the tables that are outside the log. */
export async function findBeyond(
  snapshot: LedgerSession,
  { size, leaves: count }: { readonly size: number; readonly leaves: number },
  trust: CheckpointTrust,
): Promise<readonly Finding[]> {
  const checkpoints = (await snapshot.rows(BEYOND, [size])).flatMap((row) => {
    const judged = judgeCheckpoint(row, trust);
    return 'finding' in judged ? [judged.finding] : [];
  });
  const leaves = (await snapshot.rows(EXTRA_LEAVES, [count])).map(({ index, event_id: eventId }): Finding => {
    const position = index === null ? undefined : Number(index);
    const what = Number.isInteger(position)
      ? 'the log ends before a leaf at this index'
      : 'this leaf has no integer index';
    const at = position === undefined ? {} : { index: position };
    return { kind: 'leaf_inserted', table: 'audit_leaf', ...at, eventId: String(eventId), what };
  });
  const tiles = (await snapshot.rows(EXTRA_TILES, [count])).map(({ level, index }): Finding => {
    const what = `tile ${String(index)} of level ${String(level)} does not belong to the tree of size ${count}`;
    return { kind: 'tile_inserted', table: 'audit_tile', what };
  });
  const wrong = (await snapshot.rows(WRONG_TILES, [count])).map(({ level, index }): Finding => {
    const what = `tile ${String(index)} of level ${String(level)} is stored twice, or has the wrong number of hashes`;
    return { kind: 'tile_altered', table: 'audit_tile', what };
  });
  return [...checkpoints, ...leaves, ...tiles, ...wrong];
}

/**
 * Finds published checkpoints that are larger than the log, or differ from the stored checkpoint of the same size. Another check compares
 * the published roots with the tree.
 */
export async function findUnkept(
  snapshot: LedgerSession,
  size: number,
  published: readonly TreeHead[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const rows = await snapshot.rows(ROOTS, [published.map((head) => head.size)]);
  const roots = new Map(rows.map((row) => [Number(row.size), storedBytes(row.root)]));
  for (const head of published) {
    if (head.size > size) {
      const what = `a checkpoint of size ${head.size} was published, but the log ends earlier: its tail was cut off`;
      findings.push({ kind: 'tail_truncated', table: 'audit_leaf', index: size, lastIndex: head.size - 1, what });
      continue;
    }
    const root = roots.get(head.size);
    if (root && isSameHash(root, head.rootHash)) continue;
    const what = root
      ? `the published checkpoint of size ${head.size} has another root than the log`
      : `a checkpoint of size ${head.size} was published, but it is missing`;
    const kind = root ? 'checkpoint_altered' : 'checkpoint_missing';
    findings.push({ kind, table: 'audit_checkpoint', index: head.size, what });
  }
  return findings;
}

/** Returns a finding if leaves exist, but no checkpoint. Only within about a second of the first event, this is the normal state. */
export async function findHeadless(snapshot: LedgerSession, leaves: number): Promise<readonly Finding[]> {
  const [row] = await snapshot.rows(
    'SELECT EXISTS (SELECT FROM audit_checkpoint) AS is_any, (SELECT max(size) FROM audit_head WHERE signed = 0) AS unsigned',
  );
  if (leaves === 0 || row?.is_any === true || Number(row?.unsigned) === leaves) return [];
  const what = `there are ${leaves} leaves, but no checkpoint: no signature covers them`;
  return [{ kind: 'checkpoint_missing', table: 'audit_checkpoint', index: 0, what }];
}

/**
 * Verifies published notes with the log's keys, and returns their heads, except of size 0: each log continues an empty one. Throws the errors
 * of `verifyCheckpoint`.
 */
export function publishedHeads(notes: readonly string[], trust: CheckpointTrust): readonly Checkpoint[] {
  return notes.map((note) => verifyCheckpoint(note, trust).checkpoint).filter(({ size }) => size > 0);
}
