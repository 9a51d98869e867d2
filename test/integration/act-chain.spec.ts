import { describe, expect, it } from '@jest/globals';
import { hashAct, formatAct, verifyAct, type Act } from '../../src/monitoring/keep/acts/act-note.js';
import { eventOfAct, storeAct, type SignedAct } from '../../src/monitoring/keep/acts/store-act.js';
import { catalogueFactRules } from '../../src/audit/nest-free.js';
import type { Finding } from '../../src/monitoring/proof/verify/finding.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { RETENTION } from '../../src/monitoring/store/ledger-roles.js';
import { RETENTION_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { storeEvents } from '../support/stored-events.js';
import { placeHold } from '../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import { openClient, sampleEvent, tempFolder, withClient, kept, testDatabase } from '../support/index.js';
import { addEvents, makeSequencer, makeSigner } from '../support/log-scene.js';
import { writeLogFiles } from '../support/serve-log-files.js';

/** The third act is at a size where level 0 has a full tile. */
const database = await testDatabase();
const signer = await makeSigner();
const { sequencer } = makeSequencer(database.url, signer);
await kept(sequencer);
const custodian = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
for (const events of [0, 40, 300, 5]) {
  await withClient(database.url, (writer) => addEvents(writer, events));
  await sequencer.run();
  await placeHold(custodian, { reason: 'case', tenantId: 'acme' }, 'counsel', signer);
}
await sequencer.run();
await custodian.close();
const client = await kept(openClient(database.superuserUrl));

async function findingsAfter(...statements: readonly (readonly [string, ...unknown[]])[]): Promise<readonly Finding[]> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL session_replication_role = 'replica'`);
    await client.query('ALTER TABLE audit_act DROP CONSTRAINT audit_act_pkey, DROP CONSTRAINT audit_act_event_id_key');
    for (const [sql, ...values] of statements) await client.query(sql, values);
    const { findings } = await verifyLedger({ database: client, trust: signer.trust });
    return findings.filter(({ table }) => table === 'audit_act');
  } finally {
    await client.query('ROLLBACK');
  }
}

async function signedAct(change: Partial<Act>): Promise<SignedAct> {
  const all = await notes();
  const { head } = verifyAct(all[2] ?? '', signer.trust);
  const statement = { act: 'hold_placement' as const, holdId: 'forged', placedAt: new Date().toISOString(), hash: '' };
  const act = { head, number: all.length + 1, previous: hashAct(all.at(-1) ?? ''), statement, ...change };
  return { number: act.number, statement, note: await signer.signText(formatAct(signer.trust.origin, act)) };
}

async function notes(): Promise<readonly string[]> {
  const { rows } = await client.query<{ note: string }>('SELECT note FROM audit_act ORDER BY number');
  return rows.map(({ note }) => note);
}

describe('the acts of a ledger', () => {
  it('have numbers without a gap, and each the hash of the one before', async () => {
    const acts = (await notes()).map((note) => verifyAct(note, signer.trust));
    expect(acts.map(({ number, head }) => [number, head.size])).toEqual([
      [1, 0],
      [2, 42],
      [3, 344],
      [4, 351],
    ]);
    const hashes = (await notes()).map(hashAct);
    expect(acts.slice(1).map(({ previous }) => previous)).toEqual(hashes.slice(0, -1));
    expect(await findingsAfter()).toEqual([]);
  });

  it('are places of the log in the order of their numbers', async () => {
    const { rows } = await client.query(
      'SELECT act.number::int FROM audit_act act JOIN audit_leaf leaf USING (event_id) ORDER BY leaf.index',
    );
    expect(rows.map((row: { number: number }) => row.number)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['its row is deleted', 'DELETE FROM audit_act WHERE number = 2', 'act_missing', /act 2/],
    ['the last row is deleted', 'DELETE FROM audit_act WHERE number = 4', 'act_missing', /act 4/],
    ['all rows are deleted', 'DELETE FROM audit_act', 'act_missing', /act 1/],
    ['its number is changed', 'UPDATE audit_act SET number = 9 WHERE number = 4', 'act_altered', /act 9: its note/],
    ['it stands twice', 'INSERT INTO audit_act SELECT * FROM audit_act WHERE number = 3', 'act_duplicated', /3/],
    ['its note is changed', `UPDATE audit_act SET note = replace(note, '344', '341')`, 'act_forged', /3/],
    ['it is of another event', 'UPDATE audit_act SET event_id = gen_random_uuid()', 'act_forged', /no event/],
    ['it is of another type', `UPDATE audit_act SET type = 'audit_hold_released'`, 'act_forged', /no event/],
  ])('are named where %s', async (_what, sql, kind, what) => {
    const findings = await findingsAfter([sql]);
    expect(findings).toContainEqual(expect.objectContaining({ kind, what: expect.stringMatching(what) }));
  });

  it.each([
    ['another hash than that of the act before', 'act_altered', { previous: Buffer.alloc(32, 1).toString('base64') }],
    ['another number', 'act_altered', { number: 7 }],
    ['a tree that the log never had', 'act_forged', { head: { size: 344, rootHash: Buffer.alloc(32) } }],
    ['a tree that is larger than the log', 'act_forged', { head: { size: 9_999, rootHash: Buffer.alloc(32) } }],
  ])('are named where the key itself signed %s', async (_what, kind, change) => {
    const { note: forged } = await signedAct(change);
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM audit_event WHERE type NOT LIKE 'audit_hold%' LIMIT 1`,
    );
    const event = rows[0]?.id;
    const insert = `INSERT INTO audit_act (number, event_id, type, note) VALUES (5, $1, 'audit_hold_placed', $2)`;
    const carry = `UPDATE audit_event SET type = 'audit_hold_placed', details = jsonb_build_object('act', $2::text) WHERE id = $1`;
    const findings = await findingsAfter([carry, event, forged], [insert, event, forged]);
    expect(findings).toMatchObject([{ kind, eventId: event, what: expect.stringMatching(/^act 5: /) }]);
  });

  it('are signed one after the other, whoever signs', async () => {
    const sessions = await Promise.all(
      [1, 2, 3].map(() => LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS)),
    );
    const before = (await notes()).length;
    await Promise.all(
      sessions.map(async (custodian) =>
        placeHold(custodian, { reason: 'at once', tenantId: 'acme' }, 'counsel', signer),
      ),
    );
    await Promise.all(sessions.map(async (custodian) => custodian.close()));
    await sequencer.run();
    expect((await notes()).length).toBe(before + 3);
    expect(await findingsAfter()).toEqual([]);
  });
});

const folder = await tempFolder('audit-acts-');

describe('the acts of a downloaded log', () => {
  async function verify(): Promise<readonly Finding[]> {
    await sequencer.run();
    await withClient(database.url, (reader) => writeLogFiles(reader, folder));
    return (await verifyFolder({ folder, verifierKeys: [signer.verifierKey] })).findings;
  }

  async function store(change: Partial<Act>): Promise<void> {
    const act = await signedAct(change);
    const event = eventOfAct(act, { type: 'system' });
    const custodian = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
    await custodian.inTransaction(() => storeAct(custodian, act, event));
    await custodian.close();
  }

  it('are one where somebody copied it into other events, as in the database', async () => {
    const details = { act: (await notes()).at(-1) ?? '' };
    const copies = ['audit_hold_placed', 'order_created'].map((type) => sampleEvent({ type, details }));
    const rules = catalogueFactRules({ factFields: ['act'] });
    await withClient(database.url, (writer) => storeEvents(writer, copies, () => rules));
    expect(await verify()).toEqual([]);
    expect(await findingsAfter()).toEqual([]);
  });

  it('are held against each other and the trees of the log', async () => {
    expect(await verify()).toEqual([]);
    const next = (await notes()).length + 1;
    await store({ head: { size: 300, rootHash: Buffer.alloc(32, 9) } });
    await store({ number: next + 2 });
    await store({ number: next + 3, previous: Buffer.alloc(32, 1).toString('base64') });
    expect(await verify()).toMatchObject([
      { kind: 'act_altered', what: expect.stringContaining(`act ${next + 3}: its hash of the previous act is wrong`) },
      {
        kind: 'act_forged',
        what: expect.stringContaining(`act ${next}: it names a tree that the log never had`),
      },
      { kind: 'act_missing', what: expect.stringContaining(`${next + 1}`) },
    ]);
  });
});
