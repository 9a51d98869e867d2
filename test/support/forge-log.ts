import type pg from 'pg';
import { signCheckpoint } from './sign-checkpoint.js';
import type { NoteSigner } from '../../src/monitoring/proof/log/notes/note-signer.js';
import { EMPTY_EDGE, extendEdge, computeEdgeRoot } from '../../src/monitoring/proof/log/tiles/tree-edge.js';
import { checkRow } from '../../src/monitoring/store/stored-rows/check-row.js';
import { LEDGER_COLUMNS } from '../../src/monitoring/store/ledger-row.js';
import { ORIGIN } from './log-scene.js';

/** Forges like an administrator who knows the ledger: the new leaf hash matches the altered event. */
export async function forgeLeaf(client: pg.ClientBase, id: string): Promise<Uint8Array> {
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = $1`,
    [id],
  );
  const hash = checkRow(rows[0] ?? {}).row;
  if (!hash) throw new Error(`Cannot seal the event ${id} again.`);
  await client.query('UPDATE audit_event SET leaf_hash = $2 WHERE id = $1', [id, hash]);
  await client.query('UPDATE audit_leaf SET leaf_hash = $2 WHERE event_id = $1', [id, hash]);
  return hash;
}

export async function forgeTiles(client: pg.ClientBase): Promise<readonly Uint8Array[]> {
  const { rows } = await client.query<{ leaf_hash: Buffer }>('SELECT leaf_hash FROM audit_leaf ORDER BY index');
  const hashes = rows.map(({ leaf_hash: hash }) => hash);
  await client.query('DELETE FROM audit_tile');
  for (const { level, index, width, hashes: tile } of extendEdge(EMPTY_EDGE, hashes).tiles) {
    await client.query('INSERT INTO audit_tile VALUES ($1, $2, $3, $4)', [level, index, width, tile]);
  }
  return hashes;
}

/** What a restore leaves: the head of the leaves and checkpoints that are there. */
export const FITTING_HEAD = `
  UPDATE audit_head SET size = (SELECT count(*) FROM audit_leaf), signed = (SELECT coalesce(max(size), 0) FROM audit_checkpoint)`;

export async function forgeLog(client: pg.ClientBase, signer: NoteSigner): Promise<void> {
  const hashes = await forgeTiles(client);
  await client.query('DELETE FROM audit_checkpoint WHERE size > $1', [hashes.length]);
  await client.query(FITTING_HEAD);
  const { rows } = await client.query<{ size: string }>('SELECT size FROM audit_checkpoint ORDER BY size');
  for (const size of rows.map((row) => Number(row.size))) {
    const rootHash = computeEdgeRoot(extendEdge(EMPTY_EDGE, hashes.slice(0, size)).edge);
    const note = signCheckpoint({ origin: ORIGIN, size, rootHash }, [signer]);
    await client.query('UPDATE audit_checkpoint SET root = $2, note = $3 WHERE size = $1', [size, rootHash, note]);
  }
}
