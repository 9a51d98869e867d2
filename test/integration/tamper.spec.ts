import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { AuditEvent } from '../../src/audit/index.js';
import { parseSigningKey } from '../../src/monitoring/proof/log/notes/note-signer.js';
import type { Verification } from '../../src/monitoring/proof/verify/verification.js';
import { verifyLedger, type VerifyLedgerOptions } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { storeEvents } from '../support/stored-events.js';
import { forgeLeaf, forgeLog } from '../support/forge-log.js';
import { freshKeyFile, kept, openClient, sampleEvent, testDatabase, withClient } from '../support/index.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN, SAMPLE_RULES } from '../support/log-scene.js';

const SIZE = 10_000;
const STEP = 1_000;
/** The event is neither at the edge of a tile nor of a checkpoint. */
const AT = 5_432;
const IMPERSONAL = 777;
let ids: readonly string[] = [];
let notes: readonly string[] = [];
let verifierKey = '';
let stolenKey = '';

const database = await testDatabase();
const keyFile = freshKeyFile();
const signer = await makeSigner(keyFile);
const { sequencer } = makeSequencer(database.url, signer);
await withClient(database.url, async (writer) => {
  for (let size = 0; size < SIZE; size += STEP) {
    if (size === 0) {
      await addEvents(writer, IMPERSONAL);
      await storeEvents(writer, [impersonalEvent()], () => SAMPLE_RULES);
      await addEvents(writer, STEP - IMPERSONAL - 1);
    } else {
      await addEvents(writer, STEP);
    }
    await sequencer.run();
  }
});
await sequencer.close();
const client = await kept(openClient(database.superuserUrl));
await client.query('ANALYZE');
const leaves = await client.query<{ id: string }>('SELECT event_id AS id FROM audit_leaf ORDER BY index');
ids = leaves.rows.map(({ id }) => id);
const checkpoints = await client.query<{ note: string }>(
  `SELECT note FROM audit_checkpoint WHERE size % ${STEP} = 0 ORDER BY size`,
);
notes = checkpoints.rows.map(({ note }) => note);
verifierKey = signer.verifierKey;
stolenKey = (await readFile(keyFile, 'utf8')).trim();

function impersonalEvent(): AuditEvent {
  const fields = Object.entries(sampleEvent()).filter(([name]) => !['request', 'error'].includes(name));
  const event = Object.fromEntries(fields) as unknown as AuditEvent; // only optional fields were taken
  return { ...event, actor: { type: 'system' } };
}

async function verifyAfter(
  tamper: (client: pg.Client) => Promise<unknown>,
  options: Partial<VerifyLedgerOptions> = {},
): Promise<Verification> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL session_replication_role = 'replica'`);
    await tamper(client);
    return await verifyLedger({ database: client, verifierKeys: [verifierKey], ...options });
  } finally {
    await client.query('ROLLBACK');
  }
}

const idAt = (index: number): string => ids[index] ?? '';
const set = (assignment: string, index = AT) => {
  return async (): Promise<unknown> =>
    client.query(`UPDATE audit_event SET ${assignment} WHERE id = $1`, [idAt(index)]);
};
const run = (sql: string) => async (): Promise<unknown> => client.query(sql);
const kindsOf = ({ findings }: Verification): readonly string[] => findings.map(({ kind }) => kind);

it('a ledger of 10,000 events is sound when nobody touched it', async () => {
  const found = await verifyAfter(() => Promise.resolve(), { published: notes });
  expect(found).toMatchObject({
    verdict: 'sound',
    origin: ORIGIN,
    size: SIZE,
    checked: SIZE,
    erased: 0,
    waiting: 0,
    findings: [],
    warnings: [],
  });
  expect(notes).toHaveLength(SIZE / STEP);
});

describe('several manipulations at once are each named', () => {
  it('a changed event, a changed leaf, a changed tile between the same two checkpoints, and a deleted event elsewhere', async () => {
    const found = await verifyAfter(async () => {
      await set(`reason = 'forged'`, 5_100)();
      await client.query(`UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = 5200`);
      await client.query(
        `UPDATE audit_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 0 AND index = 21`,
      );
      await client.query('DELETE FROM audit_event WHERE id = $1', [idAt(8_888)]);
    });
    expect(found.findings).toMatchObject([
      { kind: 'event_altered', index: 5_100, eventId: idAt(5_100) },
      { kind: 'leaf_altered', index: 5_200, eventId: idAt(5_200) },
      { kind: 'tile_altered', index: 21 * 256 },
      { kind: 'event_missing', index: 8_888, eventId: idAt(8_888) },
    ]);
  });

  it('with no more than 1,000 findings, and how many there are', async () => {
    const found = await verifyAfter(run(`UPDATE audit_event SET reason = 'forged'`));
    expect(found.findings).toHaveLength(1_000);
    expect(found.totalFindings).toBe(SIZE);
    expect(new Set(kindsOf(found))).toEqual(new Set(['event_altered']));
  });
});

describe('a part of the ledger', () => {
  it('is verified from a checkpoint on: what is before is vouched for by it', async () => {
    const since = notes[6] ?? '';
    const before = await verifyAfter(set(`reason = 'forged'`, 6_999), { since });
    expect(before).toMatchObject({ verdict: 'sound', checked: 3_000 });
    const after = await verifyAfter(set(`reason = 'forged'`, 7_000), { since });
    expect(after.findings).toMatchObject([{ kind: 'event_altered', index: 7_000, eventId: idAt(7_000) }]);
  });

  it('is not skipped when its tiles are not those of the checkpoint', async () => {
    const tamper = run('UPDATE audit_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 1');
    const { checked, findings } = await verifyAfter(tamper, { since: notes[6] ?? '' });
    expect(checked).toBe(SIZE);
    expect(findings).toMatchObject([{ kind: 'tile_altered' }]);
  });

  it('is not skipped when what is before was rewritten, also where the old checkpoint is put back', async () => {
    const note = notes[5] ?? '';
    const options = { published: [note], since: '' };
    const found = await verifyAfter(async () => {
      await set(`reason = 'forged'`)();
      await forgeLeaf(client, idAt(AT));
      await forgeLog(client, parseSigningKey(stolenKey));
      const { rows } = await client.query<{ note: string }>('SELECT note FROM audit_checkpoint WHERE size = 7000');
      options.since = rows[0]?.note ?? '';
      const root = Buffer.from(note.split('\n')[2] ?? '', 'base64');
      await client.query('UPDATE audit_checkpoint SET note = $1, root = $2 WHERE size = 6000', [note, root]);
    }, options);
    expect(found.checked).toBe(SIZE);
    expect(found.findings).toMatchObject([
      { kind: 'history_rewritten', index: 0, lastIndex: 5_999 },
      { kind: 'checkpoint_contradicted', index: 5_000, lastIndex: 5_999 },
    ]);
  });
});
