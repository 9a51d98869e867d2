import { describe, expect, it } from '@jest/globals';
import { appendFile } from 'node:fs/promises';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import type { Verification } from '../../src/monitoring/proof/verify/verification.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { freshKeyFile, tempFolder, testDatabase, withClient } from '../support/index.js';
import { addEvents, makeSequencer, makeSigner } from '../support/log-scene.js';
import { writeLogFiles } from '../support/serve-log-files.js';

async function seal(signer: CheckpointSigner, count: number): Promise<void> {
  await withClient(database.url, (client) => addEvents(client, count));
  const { sequencer, failures } = makeSequencer(database.url, signer);
  await sequencer.run();
  await sequencer.close();
  expect(failures).toEqual([]);
}

const database = await testDatabase();
const lost = await makeSigner();
await seal(lost, 30);
const lastOfLost = String(await lost.lastSigned.read());
const keyFile = freshKeyFile();
await makeSigner(keyFile);
await appendFile(keyFile, `${lost.verifierKey}\n`);
const fresh = await makeSigner(keyFile);
await seal(fresh, 5);
await seal(fresh, 5);

const verify = async (...verifierKeys: string[]): Promise<Verification> =>
  verifyLedger({ database: database.url, verifierKeys, published: [lastOfLost] });

describe('a signing key that is lost', () => {
  it('is in the log as an act of the new key alone, with the last head of the old one', async () => {
    const events = await database.superuserSql(
      `SELECT details::jsonb - 'act' AS details, severity FROM audit_event WHERE type = 'audit_signing_key_lost'`,
    );
    expect(events).toEqual([
      {
        severity: 'critical',
        details: expect.objectContaining({
          lost: [lost.verifierKey],
          keys: [fresh.verifierKey],
          lastSize: 30,
        }),
      },
    ]);
  });

  it('is named to who knows both keys, and the whole log is verified', async () => {
    const found = await verify(lost.verifierKey, fresh.verifierKey);
    expect(found).toMatchObject({ verdict: 'sound', size: 41, findings: [] });
    expect(found.warnings).toContainEqual(
      expect.stringMatching(
        /^An act of the log states that the key .+ was lost after it signed size 30, and that .+ signs since/,
      ),
    );
  });

  it('leads who knows it alone to nothing: the act is named as what anybody can write', async () => {
    const found = await verify(lost.verifierKey);
    expect(found.verdict).toBe('tampered');
    expect(found.findings.map(({ kind }) => kind)).toContain('checkpoint_unverified');
    expect(found.warnings).toContainEqual(
      expect.stringContaining(`Anybody can write such an act. Give ${fresh.verifierKey} with --key if`),
    );
  });

  it('is named in a downloaded log', async () => {
    const folder = await tempFolder('audit-lost-key-');
    await withClient(database.url, async (client) => writeLogFiles(client, folder));
    const verifierKeys = [lost.verifierKey, fresh.verifierKey];
    const found = await verifyFolder({ folder, verifierKeys, published: [lastOfLost] });
    expect(found.verdict).toBe('sound');
    expect(found.warnings).toContainEqual(expect.stringContaining('was lost after it signed size 30'));
  });
});
