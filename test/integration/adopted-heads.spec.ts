import { afterAll, describe, expect, it } from '@jest/globals';
import { appendFile, copyFile } from 'node:fs/promises';
import { adoptLedger, findAdoption, type Adopted } from '../../src/monitoring/sealer/adopt-ledger.js';
import { verifyCheckpoint } from '../../src/monitoring/proof/log/notes/checkpoint.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { LEADER_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import type { Verification } from '../../src/monitoring/proof/verify/verification.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger, type VerifyLedgerOptions } from '../../src/monitoring/proof/verify/verify-ledger.js';
import {
  addEvents,
  freshKeyFile,
  makeSequencer,
  makeSigner,
  tempFolder,
  testDatabase,
  whileChanged,
  withClient,
} from '../support/index.js';
import { FITTING_HEAD } from '../support/forge-log.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { writeLogFiles } from '../support/serve-log-files.js';

const REQUEST = { actorId: 'dana', reason: 'backup of Tuesday' };

const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

async function grow({ url }: TestDatabase, signer: CheckpointSigner, count: number): Promise<string> {
  await withClient(url, (client) => addEvents(client, count));
  const { sequencer, failures } = makeSequencer(url, signer);
  await sequencer.run();
  await sequencer.close();
  expect(failures).toEqual([]);
  return String(await signer.lastSigned.read());
}

interface Fork {
  readonly signer: CheckpointSigner;
  readonly database: TestDatabase;
  readonly published: readonly string[];
  /** The key file, with the last signed checkpoint of size 300 beside it. */
  readonly oldKeyFile: string;
}

async function fork(): Promise<Fork> {
  const signer = await makeSigner();
  const original = await createTestDatabase();
  databases.push(original);
  const first = await grow(original, signer, 300);
  const oldKeyFile = freshKeyFile();
  await copyFile(signer.lastSigned.path.replace(/\.last$/, ''), oldKeyFile);
  await copyFile(signer.lastSigned.path, `${oldKeyFile}.last`);
  const database = await createTestDatabase({ copyFrom: original });
  databases.push(database);
  return {
    signer,
    database,
    published: [first, await grow(original, signer, 100), await grow(original, signer, 100)],
    oldKeyFile,
  };
}

async function adopt(
  database: TestDatabase,
  signer: CheckpointSigner,
  published?: readonly string[],
): Promise<Adopted> {
  const session = await LedgerSession.open(database.url, LEADER, LEADER_LIMITS);
  try {
    return await adoptLedger(session, signer, await findAdoption(session, signer, published), REQUEST);
  } finally {
    await session.close();
  }
}

function verify(
  database: TestDatabase,
  signer: CheckpointSigner,
  options: Partial<VerifyLedgerOptions>,
): Promise<Verification> {
  return verifyLedger({ database: database.url, verifierKeys: [signer.verifierKey], ...options });
}

const getSize = (note: string, { trust }: CheckpointSigner): number => verifyCheckpoint(note, trust).checkpoint.size;
const listKinds = ({ findings }: Verification): readonly string[] => [...new Set(findings.map(({ kind }) => kind))];

const scene = await fork();
const { database, signer, published } = scene;
expect(listKinds(await verify(database, signer, { published }))).toEqual(['tail_truncated']);
const { eventId } = await adopt(database, signer);
// As after a kill behind the commit: the key file still has the head that was given up, and the adoption's event waits.
expect(await signer.lastSigned.read()).toBe(published[2]);
expect(await verify(database, signer, { published })).toMatchObject({ verdict: 'sound', waiting: 1 });
const grown = await grow(database, signer, 120);

describe('the heads that an adoption gives up', () => {
  it('are accounted for, and said: which, when and by whom', async () => {
    const { database, signer, published } = scene;
    const found = await verify(database, signer, { published: [...published, grown] });
    expect(found).toMatchObject({ verdict: 'sound', findings: [], size: 421 });
    expect(found.adoptions).toMatchObject([
      { eventId, by: 'dana', oldSize: 500, keptSize: 300, newSize: 300, accounted: [400, 500] },
    ]);
    expect(found.warnings).toContainEqual(
      expect.stringMatching(
        /^An adoption \(event .+, \d{4}-.+Z by dana\) gave up the signed head of size 500, root .+ The adoption gave up these checkpoints of yours: size 400, 500\.$/,
      ),
    );
    expect((await verify(database, signer, {})).adoptions).toMatchObject([{ accounted: [] }]);
  });

  it('are accounted for in a downloaded log as well', async () => {
    const { database, signer, published } = scene;
    const folder = await tempFolder('audit-adopted-');
    await withClient(database.url, async (client) => writeLogFiles(client, folder));
    const given = { folder, verifierKeys: [signer.verifierKey], published: [...published, grown] };
    expect(await verifyFolder(given)).toMatchObject({
      verdict: 'sound',
      adoptions: [{ eventId, accounted: [400, 500] }],
    });
  });

  it('are told from what was signed after it: a tail that is cut off again is named', async () => {
    const { database, signer, published } = scene;
    expect(grown).toContain(`\nadoption ${eventId}\n`);
    const later = await grow(database, signer, 30);
    expect(getSize(later, signer)).toBe(451);
    const cut = `
      DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE index >= 421);
      DELETE FROM audit_leaf WHERE index >= 421; DELETE FROM audit_checkpoint WHERE size > 421; ${FITTING_HEAD};
      UPDATE audit_tile SET width = 165, hashes = substring(hashes FROM 1 FOR 165 * 32) WHERE level = 0 AND index = 1`;
    const found = await whileChanged(database, cut, (client) =>
      verifyLedger({ database: client, verifierKeys: [signer.verifierKey], published: [...published, later] }),
    );
    expect(listKinds(found)).toEqual(['tail_truncated']);
  });

  it('are named as cut off where no key of the log signed the adoption', async () => {
    const { database, signer, published } = scene;
    const forge = `UPDATE audit_act SET note = replace(note, '"oldSize":500', '"oldSize":501')`;
    const found = await whileChanged(database, forge, (client) =>
      verifyLedger({ database: client, verifierKeys: [signer.verifierKey], published }),
    );
    expect(listKinds(found)).toEqual(expect.arrayContaining(['act_forged', 'tail_truncated']));
  });
});

it('an adoption that is killed before its commit changes nothing, and is done by the next', async () => {
  const { database, signer, published } = await fork();
  const session = await LedgerSession.open(database.url, LEADER, LEADER_LIMITS);
  const adoption = await findAdoption(session, signer);
  const rows = session.rows.bind(session);
  session.rows = async (text, ...rest) => {
    if (text === 'COMMIT') await session.close(); // its file is there by now
    return rows(text, ...rest);
  };
  await expect(adoptLedger(session, signer, adoption, REQUEST)).rejects.toThrow();
  expect(await database.sql('SELECT * FROM audit_act')).toEqual([]);
  expect(await signer.lastSigned.read()).toBe(published[2]);
  const { backupFile } = await adopt(database, signer);
  expect(backupFile).toContain('.last.before-');
  const grown = await grow(database, signer, 1);
  expect(await verify(database, signer, { published: [...published, grown] })).toMatchObject({ verdict: 'sound' });
});

it('a database that contradicts itself is not adopted', async () => {
  const { database, signer } = await fork();
  await database.superuserSql(`SET session_replication_role = replica;
    UPDATE audit_tile SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1) WHERE level = 0 AND index = 1`);
  await expect(adopt(database, signer)).rejects.toThrow('its tiles do not have the root');
  expect(await database.sql('SELECT FROM audit_act')).toEqual([]);
});

it('a fork by an old file beside the key is named by what was published, and adopted', async () => {
  const { database, published, oldKeyFile } = await fork();
  const signer = await makeSigner(oldKeyFile);
  const forked = await grow(database, signer, 250); // nothing on this machine knows better
  expect(getSize(forked, signer)).toBe(550);
  expect(listKinds(await verify(database, signer, { published }))).toContain('history_rewritten');
  await expect(adopt(database, signer)).rejects.toMatchObject({ code: 'AUDIT_NOTHING_TO_ADOPT' });

  const session = await LedgerSession.open(database.url, LEADER, LEADER_LIMITS);
  expect(await findAdoption(session, signer, published)).toMatchObject({
    signed: { size: 500 },
    keptSize: 300,
    stored: { size: 550 },
    isFromKeyFile: false,
  });
  await session.close();
  expect(await adopt(database, signer, published)).not.toHaveProperty('backupFile');
  const grown = await grow(database, signer, 1);
  const whole = await verify(database, signer, { published: [...published, forked, grown] });
  expect(whole).toMatchObject({ verdict: 'sound', findings: [] });
  expect(whole.adoptions).toMatchObject([{ oldSize: 500, keptSize: 300, newSize: 550, accounted: [400, 500] }]);
});

const lostIn = await testDatabase();
const lost = await makeSigner();
await grow(lostIn, lost, 30);
const lastOfLost = String(await lost.lastSigned.read());
const keyFile = freshKeyFile();
await makeSigner(keyFile);
await appendFile(keyFile, `${lost.verifierKey}\n`);
const fresh = await makeSigner(keyFile);
await grow(lostIn, fresh, 5);
await grow(lostIn, fresh, 5);

const withKeys = (...verifierKeys: string[]): Promise<Verification> =>
  verifyLedger({ database: lostIn.url, verifierKeys, published: [lastOfLost] });

describe('a signing key that is lost', () => {
  it('is in the log as an act of the new key alone, with the last head of the old one', async () => {
    const events = await lostIn.superuserSql(
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
    const found = await withKeys(lost.verifierKey, fresh.verifierKey);
    expect(found).toMatchObject({ verdict: 'sound', size: 41, findings: [] });
    expect(found.warnings).toContainEqual(
      expect.stringMatching(
        /^An act of the log states that the key .+ was lost after it signed size 30, and that .+ signs since/,
      ),
    );
  });

  it('leads who knows it alone to nothing: the act is named as what anybody can write', async () => {
    const found = await withKeys(lost.verifierKey);
    expect(found.verdict).toBe('tampered');
    expect(found.findings.map(({ kind }) => kind)).toContain('checkpoint_unverified');
    expect(found.warnings).toContainEqual(
      expect.stringContaining(`Anybody can write such an act. Give ${fresh.verifierKey} with --key if`),
    );
  });

  it('is named in a downloaded log', async () => {
    const folder = await tempFolder('audit-lost-key-');
    await withClient(lostIn.url, async (client) => writeLogFiles(client, folder));
    const verifierKeys = [lost.verifierKey, fresh.verifierKey];
    const found = await verifyFolder({ folder, verifierKeys, published: [lastOfLost] });
    expect(found.verdict).toBe('sound');
    expect(found.warnings).toContainEqual(expect.stringContaining('was lost after it signed size 30'));
  });
});
