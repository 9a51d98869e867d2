import { afterAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCertificates } from '../../src/cli/connection/check-certificates.js';
import { formatCertificateRecord } from '../../src/monitoring/keep/lifecycle/erasure/certificate-record.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { verifyWindow } from '../../src/monitoring/proof/verify/verify-window.js';
import { ORIGIN } from '../support/log-scene.js';
import { tempFolder } from '../support/temp-folder.js';
import { Attackers } from './tamperings/attack.js';
import { rewriteAndPutBack } from './tamperings/checkpoints-and-keys.js';
import { TAMPERINGS } from './tamperings/index.js';
import { perform, type Performed } from './tamperings/perform.js';
import { makeTamperScene } from './tamperings/scene.js';
import { kinds, type Attacker, type Tampering } from './tamperings/tampering.js';

const attackers = await Attackers.make(await makeTamperScene());
const { scene } = attackers;

afterAll(() => attackers.remove());

it('a ledger that nobody tampered with is sound, by the key and the checkpoint that an auditor kept', async () => {
  const nothing: Tampering = {
    name: 'nothing of the ledger',
    as: 'superuser',
    isCommitted: true,
    do: BESIDE,
    outcome: { cannot: '' },
  };
  const { exitCode, verification, said } = await perform(attackers, nothing);
  expect(said).not.toContain('forged');
  // Roles belong to the whole server: logins of other specs are among them for a while.
  const unprotected = verification?.unprotected?.filter((each) => !each.startsWith('These logins add events'));
  expect({ exitCode, ...verification, unprotected }).toMatchObject({
    exitCode: 0,
    verdict: 'sound',
    findings: [],
    size: scene.size,
    retired: 100,
    erased: 1,
    waiting: 2,
    unprotected: [expect.stringContaining('The ledger belongs to app')],
  });
});

/** What only reads the ledger, or runs beside it, can be anybody's own. */
const BESIDE = `
  CREATE INDEX theirs ON audit_event USING gin (details);
  CREATE STATISTICS theirs_too ON actor_id, ip FROM audit_event;
  CREATE VIEW latest AS SELECT * FROM audit_event;
  CREATE PUBLICATION theirs FOR TABLE audit_event;
  CREATE EXTENSION citext;
  CREATE FUNCTION look() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER other ON ddl_command_end EXECUTE FUNCTION look()`;

function isAt(finding: object, place: object): boolean {
  return Object.entries(place).every(([name, value]) => name === 'change' || Reflect.get(finding, name) === value);
}

function assess({ outcome, refusal, exitCode, verification, said }: Performed): void {
  if ('refused' in outcome) {
    expect(refusal).toMatch(outcome.refused);
    expect({ exitCode, said }).toMatchObject({ exitCode: 0 });
    return;
  }
  expect(refusal).toBeUndefined();
  if ('unchecked' in outcome) {
    expect(said).toMatch(outcome.unchecked);
    expect(exitCode).toBe(2);
  } else if ('named' in outcome) {
    const findings = verification?.findings ?? [];
    expect([new Set(findings.map(({ kind }) => kind)), exitCode]).toEqual([
      new Set(outcome.named.map(({ kind }) => kind)),
      1,
    ]);
    const missing = outcome.named.filter((place) => !findings.some((finding) => isAt(finding, place)));
    expect(missing).toEqual([]);
  } else if ('weakened' in outcome) {
    expect(said).toMatch(outcome.weakened);
  } else if ('told' in outcome) {
    expect(said).toMatch(outcome.told);
    expect([exitCode, verification?.findings ?? []]).toEqual([verification ? 0 : 1, []]); // of an archive, all is a sentence
  } else {
    expect({ findings: verification?.findings ?? [], exitCode }).toEqual({ findings: [], exitCode: 0 });
  }
}

const copiesLast = (one: Tampering, other: Tampering): number =>
  Number(one.isCommitted ?? false) - Number(other.isCommitted ?? false);

describe.each<Attacker>(['writer', 'owner', 'superuser', 'stolen key'])('who tampers as: %s', (attacker) => {
  const own = TAMPERINGS.filter(({ as }) => as === attacker).toSorted(copiesLast);
  it.each(own.map((tampering) => [tampering.name, tampering] as const))('%s', async (_name, tampering) => {
    assess(await perform(attackers, tampering));
  });
});

const changed = (place: string): Tampering['do'] => {
  return async (attack) => attack.run(`UPDATE audit_event SET reason = 'forged' WHERE ${place}`);
};

it('no more than 1,000 findings are named, and how many there are', async () => {
  const all = `UPDATE audit_event SET reason = 'forged'; UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index > 103`;
  const many: Tampering = { name: 'many', as: 'superuser', do: all, outcome: kinds() };
  const { verification } = await perform(attackers, many);
  expect(verification?.findings).toHaveLength(1_000);
  expect(verification?.totalFindings).toBeGreaterThanOrEqual(2 * (scene.size - 104)); // but the retired
});

describe('a ledger whose key was changed for another', () => {
  it('has one event of it, which both keys signed', async () => {
    const { formerSigner, signer, database } = scene;
    const sql = `SELECT details->'keys' AS keys FROM audit_event WHERE type = 'audit_signing_keys_changed'`;
    expect(await database.superuserSql(sql)).toEqual([{ keys: [signer.verifierKey, formerSigner.verifierKey] }]);
  });

  it.each([
    ['old', scene.formerSigner, scene.signer],
    ['new', scene.signer, scene.formerSigner],
  ])('is verified by whoever knows the %s key alone, as its certificates of erasures are', async (_, given, other) => {
    const [database, verifierKeys] = [scene.database.superuserUrl, [given.verifierKey]];
    const published = [given, other].map(({ lastSigned }) => lastSigned.read());
    const known = { verifierKeys, published: (await Promise.all(published)).map(String) };
    const found = await verifyLedger({ database, ...known });
    expect(found).toMatchObject({ verdict: 'sound', findings: [], checked: scene.size });
    expect(found.warnings).toContainEqual(expect.stringContaining(other.verifierKey));
    const window = { connectionUrl: database, trust: given.trust, from: 256, maxEvents: 256 };
    expect((await verifyWindow(window)).findings).toEqual([]);
    expect(await verifyFolder({ folder: join(scene.folder, 'log'), ...known })).toMatchObject({ verdict: 'sound' });

    const file = join(await tempFolder('audit-certificates-'), 'erasures');
    const about = { finishedAt: '2026-11-20T08:00:00Z', subject: '', recordIds: [], eventIds: [] };
    const notes = [given, other].map(({ signText }, nth) =>
      Promise.all(formatCertificateRecord(ORIGIN, { erasureId: `e-${nth}`, ...about }).map(signText)),
    );
    await writeFile(file, (await Promise.all(notes)).flat().map((note) => `${note}\n`)); // prettier-ignore
    const checked = await checkCertificates(database, [file], verifierKeys);
    expect(checked).toMatchObject({ total: 2, undone: [{ isRecorded: false }, { isRecorded: false }] });
    const foreignLockHolder = [generateKeyPair(ORIGIN).verifierKey];
    await expect(checkCertificates(database, [file], foreignLockHolder)).rejects.toThrow(/known keys are/);
  });

  it('is not verified by a key that it does not know, and that is not called tampering', async () => {
    const unknown = { verifierKeys: [generateKeyPair(ORIGIN).verifierKey] };
    const message = /no checkpoint is signed with the given key .*, and no act of key change connects/;
    await expect(verifyLedger({ database: scene.database.superuserUrl, ...unknown })).rejects.toThrow(message);
    await expect(verifyFolder({ folder: join(scene.folder, 'log'), ...unknown })).rejects.toThrow(message);
  });
});

describe('a verification from a checkpoint on', () => {
  const after = async (work: Tampering['do'], since: NonNullable<Tampering['since']>) =>
    (await perform(attackers, { name: 'since', as: 'stolen key', do: work, outcome: kinds(), since })).verification;
  const sinceKept = async () => Promise.resolve(scene.kept.note);

  it('leaves out what is before, for which the checkpoint vouches', async () => {
    const { kept, size, at, ids } = scene;
    expect(await after(changed('id = <middle>'), sinceKept)).toMatchObject({
      verdict: 'sound',
      checked: size - kept.size,
    });
    const { findings } = (await after(changed('id = <late>'), sinceKept)) ?? {};
    expect(findings).toMatchObject([{ kind: 'event_altered', index: at.late, eventId: ids[at.late] }]);
  });

  it('leaves out nothing when its tiles are not those of the checkpoint', async () => {
    const flip = 'UPDATE audit_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 1';
    const found = await after(flip, sinceKept);
    expect(found).toMatchObject({ checked: scene.size, findings: [{ kind: 'tile_altered' }] });
  });

  it('leaves out nothing when what is before was rewritten, also where the old checkpoint is put back', async () => {
    const found = await after(rewriteAndPutBack, async (attack) => {
      const [newest] = await attack.sql('SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1');
      return String(newest?.note);
    });
    expect(found?.checked).toBe(scene.size);
    expect(found?.findings).toMatchObject([
      { kind: 'history_rewritten', index: 0, lastIndex: scene.kept.size - 1 },
      { kind: 'checkpoint_contradicted', lastIndex: scene.kept.size - 1 },
    ]);
  });
});

it('the table of manipulations has one of each row of the guide that nothing can name, and none that the guide does not have', async () => {
  const guide = await readFile('docs/reference/threats.md', 'utf8');
  const rows = guide.split('\n').filter((line) => /^\|.*\| nothing +\|$/.test(line));
  const unnamed = rows.map((row) => row.split('|')[1]?.trim());
  const cannot = TAMPERINGS.flatMap(({ outcome }) => ('cannot' in outcome ? [outcome.cannot] : []));
  expect([...new Set(cannot)].toSorted()).toEqual(unnamed.toSorted());
});
