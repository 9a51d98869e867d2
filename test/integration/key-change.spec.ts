import { describe, expect, it } from '@jest/globals';
import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCertificates } from '../../src/cli/connection/check-certificates.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { formatKept } from '../../src/monitoring/keep/lifecycle/erasure/certificate-file.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { verifyWindow } from '../../src/monitoring/proof/verify/verify-window.js';
import { freshKeyFile, tempFolder, testDatabase, withClient } from '../support/index.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN } from '../support/log-scene.js';
import { writeLogFiles } from '../support/serve-log-files.js';

const pathOf = (signer: CheckpointSigner): string => signer.lastSigned.path.replace(/\.last$/, '');

async function seal(signer: CheckpointSigner): Promise<void> {
  const { sequencer, failures } = makeSequencer(database.url, signer);
  await withClient(database.url, (client) => addEvents(client, 300));
  for (let steps = 0; steps < 3; steps++) await sequencer.run();
  await sequencer.close();
  expect(failures).toEqual([]);
}

/** The guide prescribes this order: the old key signs, then both keys, then the new key. */
const database = await testDatabase();
const folder = await tempFolder('audit-keys-');
const old = await makeSigner();
const fresh = await makeSigner();
await seal(old);
const both = freshKeyFile();
await copyFile(pathOf(fresh), both);
await appendFile(both, await readFile(pathOf(old), 'utf8'));
await copyFile(old.lastSigned.path, `${both}.last`);
for (let starts = 0; starts < 2; starts++) await seal(await makeSigner(both));
await copyFile(`${both}.last`, fresh.lastSigned.path);
await seal(fresh);
await withClient(database.url, (client) => writeLogFiles(client, folder));

describe('a ledger whose key was changed for another', () => {
  it('is recorded once, in one event that both keys signed', async () => {
    const events = await database.superuserSql(`SELECT details->'keys' AS keys, leaf.index::int AS index
         FROM audit_event event JOIN audit_leaf leaf ON leaf.event_id = event.id WHERE type = 'audit_signing_keys_changed'`);
    expect(events).toEqual([{ keys: [fresh.verifierKey, old.verifierKey], index: expect.any(Number) }]);
  });

  it.each([
    ['the old key', () => old, () => fresh],
    ['the new key', () => fresh, () => old],
  ])('is verified by whoever knows %s alone', async (_which, given, other) => {
    const verifierKeys = [given().verifierKey];
    const published = [String(await given().lastSigned.read()), String(await other().lastSigned.read())];
    const found = await verifyLedger({ database: database.superuserUrl, verifierKeys, published });
    expect(found.findings).toEqual([]);
    expect(found).toMatchObject({ verdict: 'sound', checked: 1201 });
    expect(found.warnings).toContainEqual(expect.stringContaining(other().verifierKey));
    const { findings } = await verifyWindow({
      connectionUrl: database.superuserUrl,
      trust: given().trust,
      from: 0,
      mostEvents: 512,
    });
    expect(findings).toEqual([]);
    const download = await verifyFolder({ folder, verifierKeys, published });
    expect(download.findings).toEqual([]);
    expect(download).toMatchObject({ verdict: 'sound', size: 1201 });
  });

  it.each([
    ['the old key', () => old],
    ['the new key', () => fresh],
  ])('has its certificates of erasures believed by whoever knows %s alone', async (_which, given) => {
    const file = join(folder, 'erasures');
    const signed = [old, fresh].map((signer, nth) => {
      const certificate = {
        erasureId: `e-${nth}`,
        finishedAt: '2026-11-20T08:00:00Z',
        subject: '',
        recordIds: [],
        eventIds: [],
      };
      return Promise.all(formatKept(ORIGIN, certificate).map((text) => signer.signText(text)));
    });
    const notes = (await Promise.all(signed)).flat();
    await writeFile(file, notes.map((note) => `${note}\n`).join(''));
    const checked = await checkCertificates(database.superuserUrl, [file], [given().verifierKey]);
    expect(checked).toMatchObject({ total: 2, undone: [{ isRecorded: false }, { isRecorded: false }] });
    const stranger = [generateKeyPair(ORIGIN).verifierKey];
    await expect(checkCertificates(database.superuserUrl, [file], stranger)).rejects.toThrow(/known keys are/);
  });

  it('is not verified by a key that it does not know, and that is not called tampering', async () => {
    const { verifierKey } = generateKeyPair(ORIGIN);
    const unknown = { verifierKeys: [verifierKey] };
    const message = /no checkpoint is signed with the given key .*, and no act of key change connects/;
    await expect(verifyLedger({ database: database.superuserUrl, ...unknown })).rejects.toThrow(message);
    await expect(verifyFolder({ folder, ...unknown })).rejects.toThrow(message);
  });

  it('is not verified by the old key where nothing says that the new one follows it', async () => {
    await withClient(database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(`SET LOCAL session_replication_role = 'replica'; DELETE FROM audit_act`);
      const { findings } = await verifyLedger({ database: client, verifierKeys: [old.verifierKey] });
      expect(new Set(findings.map(({ kind }) => kind))).toContain('leaf_inserted');
      await client.query('ROLLBACK');
    });
  });
});
