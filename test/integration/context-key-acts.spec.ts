import { describe, expect, it } from '@jest/globals';
import { CaptureWatch } from '../../src/rooms/row-changes/attest/capture-watch.service.js';
import { contextKeysOf } from '../../src/rooms/row-changes/context-keys.js';
import { verifyAct } from '../../src/monitoring/keep/acts/act-note.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { eventually, kept, settled, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const attest = () => scene.app.get(CaptureWatch).run();

const database = await testDatabase();
await database.sql('CREATE TABLE rate (id int PRIMARY KEY)');
await captureTables(database.url, { 'public.rate': {} });
const scene = await kept(startRowChanges(database));
await attest();
const superuser = (statement: string) => database.superuserSql(statement);
const add = (id: string, byte: string) =>
  superuser(
    `INSERT INTO audit_context_key (id, inner_pad, outer_pad) VALUES ('${id}', decode(repeat('${byte}', 64), 'hex'), decode(repeat('5c', 64), 'hex'))`,
  );

async function acts() {
  const { trust } = scene.app.get(CheckpointSigner);
  const notes = await superuser(`SELECT note FROM audit_act WHERE type = 'audit_context_keys_changed' ORDER BY number`);
  return notes.map(({ note }) => verifyAct(String(note), trust).statement);
}
const changes = async () => (await acts()).map((statement) => statement.changes);

describe('the keys that sign the context of row changes', () => {
  it('are signed by the ledger’s key when one is added, ended, altered or deleted, by psql as well, and once for each change', async () => {
    await add('2026', '11');
    await attest();
    await attest();
    await Promise.all([
      add('2027', '22'),
      superuser(`UPDATE audit_context_key SET ended_at = now() WHERE id = '2026'`),
    ]);
    await attest();
    await superuser(`UPDATE audit_context_key SET inner_pad = decode(repeat('33', 64), 'hex') WHERE id = '2027'`);
    await attest();
    await superuser(`DELETE FROM audit_context_key WHERE id = '2026'`);
    await attest();
    expect(await changes()).toEqual([
      [{ what: 'added', id: '2026' }],
      [
        { what: 'ended', id: '2026' },
        { what: 'added', id: '2027' },
      ],
      [{ what: 'altered', id: '2027' }],
      [{ what: 'forgotten', id: '2026' }],
    ]);
    const last = contextKeysOf((await acts()).at(-1) ?? {});
    expect(last).toEqual([
      {
        id: '2027',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        logins: null,
        addedAt: expect.stringMatching(/Z$/),
        endedAt: null,
      },
    ]);
  });

  it('leave a ledger that verifies, and whose verification names a deleted act', async () => {
    const { trust } = scene.app.get(CheckpointSigner);
    await eventually(() => scene.app.get(Sequencer).status.role === 'leading');
    await settled(database);
    const verify = () => verifyLedger({ database: database.superuserUrl, trust });
    expect(await verify()).toMatchObject({ verdict: 'sound' });
    await superuser(
      `SET session_replication_role = replica; DELETE FROM audit_act WHERE number = (SELECT max(number) FROM audit_act)`,
    );
    expect((await verify()).findings.map(({ kind }) => kind)).toContain('act_missing');
  });
});
