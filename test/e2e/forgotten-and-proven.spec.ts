import { describe, expect, it } from '@jest/globals';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyProof } from '../../src/monitoring/proof/log/notes/tlog-proof.js';
import { Retention, verifyCertificate, type Erasure } from '../../src/monitoring/index.js';
import { Archives } from '../../src/monitoring/keep/archive/archives.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { LogReader } from '../../src/monitoring/store/log-reading/log-reader.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import type { ReportedEvent } from '../../src/monitoring/keep/lifecycle/erasure/subject-report.js';
import {
  ApiClient,
  eventually,
  freshKeyFile,
  closeAfterTests,
  tempFolder,
  testDatabase,
  whileChanged,
  withClient,
} from '../support/index.js';
import { COMMAND_CALLS } from '../support/command-calls.js';
import { expectCommandJson } from '../support/expect-command-json.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { type CommandRun, runCommand } from '../support/run-command.js';
import { addEventsAt } from '../support/retention-scene.js';

import { erased, readProof } from '../support/proofs.js';

const NAME = 'Ada Lovelace-of-the-archive';
const PERSON = { type: 'user', id: 'u-ada', name: NAME } as const;
const OTHER = { type: 'user', id: 'u-bob', name: 'Bob' } as const;
interface Hold {
  readonly id: string;
  readonly isActive: boolean;
  readonly placedBy: string;
}

let old: readonly string[];
let recent: readonly string[];
/** Commands that sign nothing need no key. */
let keyOfHolds: Readonly<Record<string, string>> = {};

const folder = await tempFolder('audit-proven-');
const archiveDir = join(folder, 'archive');
const database = await testDatabase();
await withClient(database.url, async (client) => {
  old = [
    ...(await addEventsAt(client, '2026-01-10T12:00:00.000Z', 20, { actor: PERSON })),
    ...(await addEventsAt(client, '2026-01-11T12:00:00.000Z', 20, { actor: OTHER })),
  ];
  recent = await addEventsAt(client, new Date().toISOString(), 20, { actor: PERSON });
});
const keyFile = freshKeyFile();
const environment = { AUDIT_RETENTION_DAYS: '30', AUDIT_ARCHIVE_DIR: archiveDir, AUDIT_SIGNING_KEY_FILE: keyFile };
const app = await closeAfterTests(startReferenceApp(database.url, environment));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
const { origin, verifierKey } = app.app.get(CheckpointSigner);

function command(...args: readonly string[]): Promise<CommandRun> {
  const env = { DATABASE_URL: database.url, AUDIT_RETENTION_DAYS: '30', AUDIT_ARCHIVE_DIR: archiveDir, ...keyOfHolds };
  return runCommand(args, { cwd: folder, env });
}

async function expectReported(count: number): Promise<void> {
  const path = `/audit/subjects/${PERSON.id}/report`;
  const { status, body } = await admin.send<{ events: readonly ReportedEvent[] }>('GET', path);
  expect(status).toBe(200);
  expect(body.events).toHaveLength(count);
  const [archive = ''] = await app.app.get(Archives).names();
  const archived = body.events.filter((event) => event.archive === archive);
  expect(archived.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, nth) => nth));
  expect(archived[0]).toMatchObject({ id: old[0], actor: PERSON, request: { ip: '203.0.113.7' } });
  expect(JSON.stringify(archived)).not.toContain(OTHER.name);

  const headers = { authorization: `Bearer ${String(admin.token)}` };
  const page = await (await fetch(`${app.url}${path}?format=html`, { headers })).text();
  expect(page).toMatch(new RegExp(`in archives.</h2>[^]*<dd><pre>${archive}</pre></dd>[^]*</html>\\n$`));

  const requested = ['subject-report', '--subject', PERSON.id];
  const withKey = [...requested, '--key', verifierKey];
  const printed = await command(...withKey);
  expect((JSON.parse(printed.output) as typeof body).events).toEqual(body.events);
  const dryRun = ['erase', '--subject', PERSON.id, '--reason', 'asked', '--dry-run'];
  const counted = JSON.parse((await command(...dryRun, '--key', verifierKey, '--json')).output) as { erasure: Erasure };
  expect(counted.erasure.counts.archived).toBeGreaterThan(0);
  expect(Object.keys(counted.erasure.remnants.archives)).toEqual([archive]);
  const noKey = { code: 2, errors: expect.stringContaining("Cannot sign or check with the ledger's key"), output: '' };
  expect([await command(...requested), await command(...dryRun)]).toEqual([noKey, noKey]);

  await rename(join(archiveDir, archive), join(folder, archive));
  const missing = `Cannot read ${archive}/manifest: the archives have no such file.`;
  expect(await admin.send('GET', path)).toMatchObject({
    status: 503,
    body: { code: 'AUDIT_ARCHIVE_MISSING', message: expect.stringContaining(missing) },
  });
  expect(await command(...withKey)).toMatchObject({ code: 2, errors: expect.stringContaining(missing), output: '' });
  await rename(join(folder, archive), join(archiveDir, archive));
}

async function exported(file: string): Promise<string> {
  const headers = { authorization: `Bearer ${String(admin.token)}` };
  const response = await fetch(`${app.url}/audit/export?format=jsonl`, { headers });
  await writeFile(join(folder, file), Buffer.from(await response.arrayBuffer()));
  const id = response.headers.get('audit-export-id') ?? '';
  const manifest = await eventually(async () => {
    const answer = await fetch(`${app.url}/audit/exports/${id}/manifest`, { headers });
    return answer.status === 200 && answer.text();
  });
  await writeFile(join(folder, `${file}.manifest`), manifest);
  return id;
}

const types = async (type: string): Promise<readonly { reason?: string }[]> =>
  (await admin.send<{ items: { reason?: string }[] }>('GET', `/audit/events?type=${type}`)).body.items;

describe('legal holds and retention in the reference application', () => {
  it('lets administrators place, list and release them, and nobody else', async () => {
    const acme = { reason: 'lawsuit', tenantId: 'acme', occurredTo: '2026-01-11' };
    const placed = await admin.send<Hold>('POST', '/audit/holds', acme);
    expect(placed).toMatchObject({ status: 201, body: { reason: 'lawsuit', tenantId: 'acme', isActive: true } });
    expect(placed.body.placedBy).not.toBe('unknown');
    expect((await admin.send('GET', '/audit/holds')).body).toMatchObject([{ id: placed.body.id }]);
    expect(await types('legal_hold_placement')).toMatchObject([{ reason: 'lawsuit' }]);

    const foreignLockHolder = new ApiClient(app.url);
    expect((await foreignLockHolder.send('POST', '/audit/holds', { reason: 'x', tenantId: 'acme' })).status).toBe(401);
    expect((await admin.send('POST', '/audit/holds', { reason: 'lawsuit' })).status).toBe(400);
    expect((await admin.send('POST', '/audit/holds', { tenantId: 'acme' })).status).toBe(400);
    expect((await admin.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: null })).status).toBe(400);
    expect((await admin.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: 'a\ud800' })).status).toBe(400);
    for (const until of ['2099', '2099-W01-1', '2099-02-30', '0000-01-01']) {
      const misdated = await admin.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: 'acme', until });
      expect(misdated).toMatchObject({ status: 400, body: { message: expect.anything() } });
    }

    expect(await app.app.get(Retention).plan()).toMatchObject({
      months: [{ partition: 'audit_event_2026_01', due: 40, held: 40, isComplete: false }],
    });
    expect(await app.app.get(Retention).run()).toMatchObject({ retired: [], waiting: [], problems: [] });

    const release = `/audit/holds/${placed.body.id}/release`;
    expect(await admin.send('POST', release, { reason: 'settled' })).toMatchObject({
      status: 200,
      body: { isActive: false },
    });
    expect((await admin.send('POST', release, { reason: 'again' })).status).toBe(404);
    expect(await types('legal_hold_release')).toMatchObject([{ reason: 'settled' }]);

    const { trust } = app.app.get(CheckpointSigner);
    expect((await verifyLedger({ database: database.url, trust })).findings).toEqual([]);
    const { findings } = await whileChanged(database, 'DELETE FROM audit_legal_hold', (client) =>
      verifyLedger({ database: client, trust }),
    );
    expect(findings.map(({ kind }) => kind)).toEqual(['hold_missing', 'hold_missing']);
  });

  it('places no hold whose event the ledger refuses', async () => {
    const holds = async (): Promise<unknown> => (await admin.send('GET', '/audit/holds')).body;
    const before = await holds();
    await database.superuserSql(
      `ALTER TABLE audit_inbox ADD CONSTRAINT broken CHECK (body NOT LIKE '%legal_hold_placement%')`,
    );
    try {
      const refused = await admin.send('POST', '/audit/holds', { reason: 'lawsuit', tenantId: 'acme' });
      expect(refused.status).toBeGreaterThanOrEqual(500);
      expect(await holds()).toEqual(before);
    } finally {
      await database.superuserSql('ALTER TABLE audit_inbox DROP CONSTRAINT broken');
    }
    expect(await types('legal_hold_placement')).toHaveLength(1);
  });
});

describe('after an export, an archive of a month, the end of that month, and an erasure', () => {
  it('everything that was proven is still proven, and nothing identifies the person', async () => {
    const entries = new Map<string, Uint8Array>();
    const proofs = new Map<string, string>();
    for (const id of [old[0], old[39], recent[0]].map(String)) {
      proofs.set(id, await readProof(admin, id));
      const index = (await app.app.get(LogReader).findIndex(id)) ?? -1;
      const [entry] = (await app.app.get(LogReader).findEntries(0, index + 1))?.slice(index) ?? [];
      if (entry) entries.set(id, entry);
    }
    expect(entries.size).toBe(3);
    const exportId = await exported('before.jsonl');

    expect(await app.app.get(Retention).run()).toMatchObject({
      retired: [{ kind: 'month', events: 40 }],
      problems: [],
    });
    await expectReported(20 + recent.length);
    const archives = app.app.get(Archives);
    const [archive = ''] = await archives.names();
    await cp(join(archiveDir, archive), join(folder, 'backup'), { recursive: true });
    await rename(join(archiveDir, archive), join(folder, archive)); // where no erasure finds it
    const erasure = await admin.send<Erasure>('POST', '/audit/erasures', {
      subjectId: PERSON.id,
      reason: 'asked for it',
    });
    expect(erasure.status).toBe(202);
    const seen = async () => (await admin.send<Erasure>('GET', `/audit/erasures/${erasure.body.id}`)).body;
    const waiting = await eventually(async () => {
      const body = await seen();
      return body.problem !== undefined && body;
    });
    expect(waiting).toMatchObject({ state: 'archives', problem: expect.stringContaining(`${archive}/manifest`) });
    await rename(join(folder, archive), join(archiveDir, archive));
    const done = await erased(admin, erasure.body.id);
    expect(done.counts).toMatchObject({ archived: 20 });
    const { remnants } = verifyCertificate(done.certificate ?? '', { origin, keys: [verifierKey] });
    expect(remnants).toEqual(done.remnants);
    expect(remnants).toMatchObject({
      events: 20 + recent.length,
      archives: { [archive]: 20 },
      removedArchives: [],
      exports: [{ exportId, exportedAt: expect.any(String), isCertain: true }],
      outside: ['backups', 'write_ahead_logs', 'archive_copies'],
    });
    expect(remnants.facts).toMatchObject({ '/type': 40, '/actor/type': 40, '/personal': 40 });
    expect(Object.keys(remnants.facts).filter((name) => /actor\/name|\/ip$|userAgent/.test(name))).toEqual([]);
    await exported('after.jsonl');

    for (const [id, proof] of proofs) {
      const entry = entries.get(id) ?? new Uint8Array();
      expect(() => verifyProof(proof, entry, app.app.get(CheckpointSigner).trust)).not.toThrow();
      await readProof(admin, id); // and a new one is still to be had
    }
    expect(await archives.verify(archive)).toMatchObject({ verdict: 'sound', proven: 40 });
    expect((await admin.send('GET', `/audit/events/${old[0] ?? ''}`)).status).toBe(404);
    const inArchive = expect.stringContaining(`read it from the archive ${archive}`);
    expect(await admin.send('GET', '/audit/tile/entries/000.p/5')).toMatchObject({
      ...{ status: 404, body: { message: inArchive } },
    });
    const checkedArchive = await command('verify', join(archiveDir, archive), '--key', verifierKey, '--json');
    const row = COMMAND_CALLS.verify?.find(({ good }) => good.keys.includes('archive'));
    expect(expectCommandJson('verify', checkedArchive.output, row?.good)).toMatchObject({
      verdict: 'sound',
      proven: 40,
    });
    for (const file of ['before.jsonl', 'after.jsonl']) {
      const checked = await command('verify', file, '--key', verifierKey);
      expect({ file, ...checked }).toMatchObject({ code: 0 });
    }
    await eventually(async () => (await verifyLedger({ database: database.url })).waiting === 0);
    expect(await verifyLedger({ database: database.url, verifierKeys: [verifierKey] })).toMatchObject({
      verdict: 'sound',
      retired: 40,
      erased: recent.length,
      findings: [],
    });
    for await (const { sealed, personal, salt } of archives.lines(archive)) {
      const isPersons = old.slice(0, 20).includes(sealed.id); // whose id was erased with the name
      expect({ personal: personal === null, salt: salt === null }).toEqual({ personal: isPersons, salt: isPersons });
    }
    expect(await readFile(join(folder, 'before.jsonl'), 'utf8')).toContain(NAME); // a copy that is out is out
    expect(await readFile(join(folder, 'after.jsonl'), 'utf8')).not.toContain(NAME);
  });

  it('an archive from before the erasure is named, and its erasure is repeated, by command', async () => {
    const [archive = ''] = await app.app.get(Archives).names();
    await rm(join(archiveDir, archive), { recursive: true });
    await rename(join(folder, 'backup'), join(archiveDir, archive));
    const verified = () => command('verify', '--key', verifierKey, '--archives', archiveDir);
    expect(await verified()).toMatchObject({ code: 1, output: expect.stringContaining('erasure_undone') });
    keyOfHolds = { AUDIT_SIGNING_KEY_FILE: keyFile };
    const repeated = await command('erase', '--replay', `${keyFile}.erasures`);
    keyOfHolds = {};
    expect(repeated).toMatchObject({ code: 0, output: expect.stringContaining('20 of its events have a personal') });
    expect(await verified()).toMatchObject({ code: 0 });
  });

  it('holds are placed, listed and released, and the retention is planned, by command', async () => {
    expect((await command('hold', 'place', '--reason', 'lawsuit', 'actorId=u-bob')).errors).toMatch(
      /^Cannot sign or check with the ledger's key: the key file .*signing\.key is missing\. Set AUDIT_SIGNING_KEY_FILE/,
    );
    keyOfHolds = { AUDIT_SIGNING_KEY_FILE: keyFile };
    const call = ['place', '--reason', 'lawsuit', 'actorId=u-bob', '--by', 'counsel', '--json'];
    const placed = await command('hold', ...call);
    expect(placed).toMatchObject({ errors: '', code: 0 });
    expect((await command('hold', 'list')).output).toContain('lawsuit');
    const { holds } = JSON.parse(placed.output) as { holds: [{ id: string }] };
    const [{ id }] = holds;
    expect(await command('hold', 'release', id, '--reason', 'settled')).toMatchObject({ errors: '', code: 0 });
    keyOfHolds = {};
    const { trust } = app.app.get(CheckpointSigner);
    expect(await verifyLedger({ database: database.url, trust })).toMatchObject({ verdict: 'sound' });
    expect(await command('retention', 'plan')).toMatchObject({ errors: '', code: 0 });
    expect(await command('retention', 'run', '--dry-run', '--json')).toMatchObject({ errors: '', code: 0 });
    const rules = join(folder, 'retention.json');
    await writeFile(rules, '{ "days": 40, "tenants": { "acme": "forever" } }');
    const byFile = await command('retention', 'plan', '--policy', rules, '--json');
    const policy: unknown = expect.stringContaining('"tenants":{"acme":0}');
    expect(JSON.parse(byFile.output)).toEqual({
      ok: true,
      command: 'retention',
      policy,
      policySource: rules,
      months: [],
    });
    expect((await command('retention', 'plan')).output).toContain('Policy of AUDIT_RETENTION_DAYS=30: {');
    await writeFile(join(folder, '.env'), `AUDIT_RETENTION_FILE=${rules}`);
    const asElsewhere = await command('retention', 'plan', '--database-url', database.url);
    expect(asElsewhere.output).toContain(`Policy of ${rules}: {`);
    await rm(join(folder, '.env'));
    expect((await command('retention', 'run')).errors).toContain('Set AUDIT_SIGNING_KEY_FILE');
  });
});
