import { describe, expect, it } from '@jest/globals';
import { hashAct, formatAct, verifyAct, type Act } from '../../src/monitoring/keep/acts/act-note.js';
import { toActEvent, storeAct, type SignedAct } from '../../src/monitoring/keep/acts/store-act.js';
import { buildCatalogueFactRules } from '../../src/audit/nest-free.js';
import type { Finding } from '../../src/monitoring/proof/verify/finding.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { RETENTION } from '../../src/monitoring/store/ledger-roles.js';
import { RETENTION_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { storeEvents } from '../support/stored-events.js';
import { placeHold } from '../../src/monitoring/keep/lifecycle/holds/legal-hold.js';
import { sampleEvent, tempFolder, whileChanged, withClient, closeAfterTests, testDatabase } from '../support/index.js';
import { addEvents, makeSequencer, makeSigner } from '../support/log-scene.js';
import { writeLogFiles } from '../support/serve-log-files.js';

/** The third act is at a size where level 0 has a full tile. */
const database = await testDatabase();
const signer = await makeSigner();
const { sequencer } = makeSequencer(database.url, signer);
await closeAfterTests(sequencer);
const session = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
for (const events of [0, 40, 300, 5]) {
  await withClient(database.url, (writer) => addEvents(writer, events));
  await sequencer.run();
  await placeHold(session, { reason: 'case', tenantId: 'acme' }, 'counsel', signer);
}
await sequencer.run();
await session.close();

async function signedAct(change: Partial<Act>): Promise<SignedAct> {
  const all = await notes();
  const { head } = verifyAct(all[2] ?? '', signer.trust);
  const statement = { act: 'hold_placement' as const, holdId: 'forged', placedAt: new Date().toISOString(), hash: '' };
  const act = { head, number: all.length + 1, previous: hashAct(all.at(-1) ?? ''), statement, ...change };
  return { number: act.number, statement, note: await signer.signText(formatAct(signer.trust.origin, act)) };
}

async function notes(): Promise<readonly string[]> {
  const rows = await database.superuserSql('SELECT note FROM audit_act ORDER BY number');
  return rows.map(({ note }) => String(note));
}

it('acts are signed one after the other, whoever signs', async () => {
  const sessions = await Promise.all(
    [1, 2, 3].map(() => LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS)),
  );
  const before = (await notes()).length;
  await Promise.all(
    sessions.map((session) => placeHold(session, { reason: 'at once', tenantId: 'acme' }, 'counsel', signer)),
  );
  await Promise.all(sessions.map((session) => session.close()));
  await sequencer.run();
  expect((await notes()).length).toBe(before + 3);
  const { findings } = await verifyLedger({ database: database.superuserUrl, trust: signer.trust });
  expect(findings).toEqual([]);
});

it('the last act is named when its row is deleted', async () => {
  const cut = 'DELETE FROM audit_act WHERE number = (SELECT max(number) FROM audit_act)';
  const { findings } = await whileChanged(database, cut, (client) =>
    verifyLedger({ database: client, trust: signer.trust }),
  );
  expect(findings).toContainEqual(expect.objectContaining({ kind: 'act_missing', table: 'audit_act' }));
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
    const event = toActEvent(act, { type: 'system' });
    const session = await LedgerSession.open(database.url, RETENTION, RETENTION_LIMITS);
    await session.inTransaction(() => storeAct(session, act, event));
    await session.close();
  }

  it('are one where somebody copied it into other events', async () => {
    const details = { act: (await notes()).at(-1) ?? '' };
    const copies = ['audit_hold_placed', 'order_created'].map((type) => sampleEvent({ type, details }));
    const rules = buildCatalogueFactRules({ factFields: ['act'] });
    await withClient(database.url, (writer) => storeEvents(writer, copies, () => rules));
    expect(await verify()).toEqual([]);
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
