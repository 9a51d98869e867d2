import { expect } from '@jest/globals';
import type pg from 'pg';
import { buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import { verifyConsistency, type TreeHead } from '../../src/monitoring/proof/log/merkle/verify-consistency.js';
import { verifyCheckpoint } from '../../src/monitoring/proof/log/notes/checkpoint.js';
import { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { makeKeyFile } from '../../src/monitoring/proof/signing/signing-key-file.js';
import { proveConsistency } from '../../src/monitoring/proof/log/tiles/prove-inclusion.js';
import type { TestDatabase } from './test-database.js';
import type { TileReader } from '../../src/monitoring/proof/log/tiles/tile-reader.js';
import { EMPTY_EDGE, extendEdge, computeEdgeRoot } from '../../src/monitoring/proof/log/tiles/tree-edge.js';
import { storeEvents } from './stored-events.js';
import { freshKeyFile } from './fresh-key-file.js';
import { naiveRoot } from './naive-tree.js';
import { sampleEvent } from './sample-event.js';
import { withClient } from './sql.js';
import { WRITERS } from '../../src/monitoring/store/sessions/ledger-client.js';
import { ORIGIN, createWriter } from './writers.js';

export { ORIGIN };

/** Tests tamper with the sample events' own texts, so the rules must treat these texts as facts. */
export const SAMPLE_RULES = buildCatalogueFactRules({ factFields: ['/reason', '/request/id', 'text', 'key', 'list'] });

export async function makeSigner(signingKeyFile = freshKeyFile()): Promise<CheckpointSigner> {
  await makeKeyFile(signingKeyFile, ORIGIN);
  const signer = new CheckpointSigner({ signingKeyFile, checkpointMemory: `${signingKeyFile}.last`, origin: ORIGIN });
  await signer.onModuleInit();
  return signer;
}

export function makeSequencer(url: string, signer: CheckpointSigner): { sequencer: LogSequencer; failures: string[] } {
  const failures: string[] = [];
  WRITERS.set(url, createWriter());
  const sequencer = new LogSequencer(url, signer, {
    onCheckpoint: () => undefined,
    onFailure: (error) => void failures.push(error instanceof Error ? error.message : String(error)),
  });
  return { sequencer, failures };
}

export async function addEvents(client: pg.Client, count: number): Promise<readonly string[]> {
  const events = Array.from({ length: count }, () => sampleEvent());
  await storeEvents(client, events, () => SAMPLE_RULES);
  return events.map(({ id }) => id);
}

export async function expectSoundLog(url: string, signer: CheckpointSigner): Promise<readonly string[]> {
  const log = await readLog(url);
  expect(log.leaves.map(({ index }) => index)).toEqual(log.leaves.map((_, index) => index));
  expect(log.leaves.map(toLeaf).toSorted()).toEqual(log.events.map(toLeaf).toSorted());
  const hashes = log.leaves.map(({ hash }) => hash);
  const { tiles } = extendEdge(EMPTY_EDGE, hashes);
  expect([...log.tiles.entries()].toSorted()).toEqual(
    tiles.map((tile) => [`${tile.level}/${tile.index}`, Buffer.from(tile.hashes).toString('hex')] as const).toSorted(),
  );
  const readTile: TileReader = (level, index, width) =>
    Promise.resolve(Buffer.from(log.tiles.get(`${level}/${index}`) ?? '', 'hex').subarray(0, width * 32));
  const heads = log.notes.map((note) => verifyCheckpoint(note, signer.trust).checkpoint);
  let before: TreeHead = { size: 0, rootHash: computeEdgeRoot(EMPTY_EDGE) };
  for (const head of heads) {
    const proof = await proveConsistency(before.size, head.size, readTile);
    expect(verifyConsistency(before, head, proof)).toBe(true);
    before = head;
  }
  expect(before.size).toBe(hashes.length);
  expect(Buffer.from(before.rootHash).toString('hex')).toBe(Buffer.from(naiveRoot(hashes)).toString('hex'));
  return log.leaves.map(({ id }) => id);
}

interface Leaf {
  readonly id: string;
  readonly hash: Buffer;
}

function toLeaf({ id, hash }: Leaf): string {
  return `${id} ${hash.toString('hex')}`;
}

async function readLog(url: string): Promise<{
  readonly leaves: readonly (Leaf & { readonly index: number })[];
  readonly events: readonly Leaf[];
  readonly tiles: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}> {
  return withClient(url, async (client) => {
    const leaves = await client.query<Leaf & { index: number }>(
      'SELECT index::int, event_id AS id, leaf_hash AS hash FROM audit_leaf ORDER BY index',
    );
    const events = await client.query<Leaf>('SELECT id, leaf_hash AS hash FROM audit_event ORDER BY id');
    const tiles = await client.query<{ place: string; hashes: string }>(
      `SELECT level || '/' || index AS place, encode(hashes, 'hex') AS hashes FROM audit_tile`,
    );
    const notes = await client.query<{ note: string }>('SELECT note FROM audit_checkpoint ORDER BY size');
    return {
      leaves: leaves.rows,
      events: events.rows,
      tiles: new Map(tiles.rows.map(({ place, hashes }) => [place, hashes])),
      notes: notes.rows.map(({ note }) => note),
    };
  });
}

/** Lets the ledger have had its first leader a day ago, since lateness counts from then. The keys are append-only for everyone else. */
export async function ageLedger({ superuserSql }: Pick<TestDatabase, 'superuserSql'>): Promise<void> {
  const aged = `UPDATE audit_signing_key SET first_used_at = first_used_at - interval '1 day'`;
  await superuserSql(`SET session_replication_role = replica; ${aged}; RESET session_replication_role`);
}
