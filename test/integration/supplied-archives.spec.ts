import { afterAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { uuidv7 } from 'uuidv7';
import { formatManifest } from '../../src/monitoring/keep/archive/archive-manifest.js';
import type { Archives } from '../../src/monitoring/keep/archive/archives.js';
import { FolderArchiveStore } from '../../src/monitoring/keep/archive/archive-store.js';
import { digestSubject } from '../../src/monitoring/keep/acts/erasure-act.js';
import type { LogSequencer } from '../../src/monitoring/sealer/log-sequencer.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import type { Verification } from '../../src/monitoring/proof/verify/verification.js';
import { verifyFolder } from '../../src/monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { ERASURE } from '../../src/monitoring/store/ledger-roles.js';
import { ERASURE_LIMITS } from '../../src/monitoring/store/sessions/session-limits.js';
import { LedgerSession } from '../../src/monitoring/store/sessions/ledger-session.js';
import { formatCertificateRecord } from '../../src/monitoring/keep/lifecycle/erasure/certificate-record.js';
import { completeErasure, planErasure } from '../../src/monitoring/keep/lifecycle/erasure/erasure-requests.js';
import { signErased } from '../../src/monitoring/keep/lifecycle/erasure/sign-erased.js';
import { checkCertificates } from '../../src/cli/connection/check-certificates.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { makeSequencer, makeSigner } from '../support/log-scene.js';
import { addEventsAt, copyKey, makeArchives, policyBy, retireWith } from '../support/retention-scene.js';
import { writeLogFiles } from '../support/serve-log-files.js';
import { runSql, whileChanged, withClient } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const POLICY = policyBy({ days: 30, categories: { payment: 'forever' } });

interface Ledger {
  readonly database: TestDatabase;
  readonly sequencer: LogSequencer;
  readonly archives: Archives;
  readonly folder: string;
}

/** The ledger has 300 and 20 retired events in two archives, and a few stored events. */
async function makeLedger(own: CheckpointSigner, retired = 300, recent = 300): Promise<Ledger> {
  const database = await createTestDatabase();
  const { sequencer } = makeSequencer(database.url, own);
  const { archives, folder } = await makeArchives(own);
  await withClient(database.url, async (writer) => {
    await addEventsAt(writer, '2026-01-10T12:00:00.000Z', retired);
    await addEventsAt(writer, '2026-02-10T12:00:00.000Z', 20);
    await addEventsAt(writer, '2026-02-10T12:00:00.000Z', 3, { category: 'payment' });
    await addEventsAt(writer, new Date().toISOString(), recent);
  });
  await sequencer.run();
  const report = await retireWith(sequencer, { connectionUrl: database.url, archives, policy: POLICY });
  expect(report.retired.map(({ events }) => events)).toEqual([retired, 20]);
  await sequencer.run();
  return { database, sequencer, archives, folder };
}

async function closeLedger({ database, sequencer, folder }: Ledger): Promise<void> {
  await sequencer.close();
  await rm(folder, { recursive: true });
  await database.drop();
}

const keyFile = freshKeyFile();
const signer = await makeSigner(keyFile);
const ledger = await makeLedger(signer);
const [month = '', rows = ''] = (await ledger.archives.names()).map((name) => join(ledger.folder, name));
const scratch = await mkdtemp(join(tmpdir(), 'audit-given-'));

afterAll(async () => {
  await closeLedger(ledger);
  await rm(scratch, { recursive: true });
});

const verify = async (...archives: string[]): Promise<Verification> =>
  verifyLedger({ database: ledger.database.url, verifierKeys: [signer.verifierKey], archives });

async function altered(name: string, change: (bytes: Buffer) => Buffer | string | Promise<string>): Promise<string> {
  const copy = await mkdtemp(join(scratch, 'copy-'));
  await cp(rows, copy, { recursive: true });
  await writeFile(join(copy, name), await change(await readFile(join(copy, name))));
  return copy;
}

const listKinds = ({ findings }: Verification): readonly string[] => [...new Set(findings.map(({ kind }) => kind))];

describe('a verification with archives', () => {
  it('counts the retired events that they prove, and those in other archives', async () => {
    expect(await verifyLedger({ database: ledger.database.url, verifierKeys: [signer.verifierKey] })).toMatchObject({
      verdict: 'sound',
      retired: 320,
      archives: { proven: 0, unseen: 320, seen: [], missing: [expect.any(String), expect.any(String)] },
      warnings: expect.arrayContaining([expect.stringContaining('320 retired event(s) are in archives')]),
    });
    expect(await verify(month)).toMatchObject({ verdict: 'sound', archives: { proven: 300, unseen: 20 } });
    expect(await verify(rows)).toMatchObject({ verdict: 'sound', archives: { proven: 20, unseen: 300 } });
    for (const all of [[month, rows], [ledger.folder], [ledger.folder, rows]]) {
      const whole = await verify(...all);
      expect(whole).toMatchObject({ verdict: 'sound', archives: { proven: 320, unseen: 0, missing: [] } });
      expect(whole.warnings.join()).not.toContain('archives');
    }
  });

  it('names its events that were erased without an act, and accepts those that an act erased', async () => {
    expect(await ledger.archives.erase(({ index }) => index < 10)).toMatchObject([{ events: 10 }]);
    const forged = await verify(ledger.folder);
    expect(forged.findings.map(({ kind, table, index }) => [kind, table, index])).toEqual(
      Array.from({ length: 10 }, (_, index) => ['erasure_forged', month, index]),
    );
    const session = await LedgerSession.open(ledger.database.url, ERASURE, ERASURE_LIMITS);
    const eventIds = forged.findings.map(({ eventId }) => eventId ?? '');
    await session.inTransaction(() => signErased(session, { id: uuidv7(), eventIds }, signer));
    await session.close();
    await ledger.sequencer.run();
    expect(await verify(ledger.folder)).toMatchObject({ verdict: 'sound', archives: { proven: 320, unseen: 0 } });
  });

  it('names its events that have again what an ended erasure erased, which a replay repeats', async () => {
    const backup = join(scratch, 'backup', month.slice(ledger.folder.length + 1));
    await cp(month, backup, { recursive: true });
    const eventIds: string[] = [];
    for await (const { index, sealed } of ledger.archives.lines(month.slice(ledger.folder.length + 1)))
      if (index >= 10 && index < 20) eventIds.push(sealed.id);
    const session = await LedgerSession.open(ledger.database.url, ERASURE, ERASURE_LIMITS);
    const by = { type: 'admin', id: 'dpo' } as const;
    const erasure = await planErasure(session, { id: 'u-1' }, { by, reason: 'asked' }, signer);
    await session.inTransaction(() => signErased(session, { id: erasure.id, eventIds }, signer));
    await ledger.archives.erase(({ index }) => index >= 10 && index < 20);
    await ledger.sequencer.run();
    expect(await verify(ledger.folder, backup)).toMatchObject({ verdict: 'sound' }); // the erasure may not have reached the archive yet
    const finishedAt = new Date().toISOString();
    const completion = { certificate: 'certificate', finishedAt };
    await session.inTransaction(() => completeErasure(session, erasure, completion, signer, eventIds.length));
    await session.close();
    await ledger.sequencer.run();
    expect(await verify(ledger.folder)).toMatchObject({ verdict: 'sound' });
    expect((await verify(backup)).findings.map(({ kind, table, index }) => [kind, table, index])).toEqual(
      eventIds.map((_id, nth) => ['erasure_undone', backup, 10 + nth]),
    );
    const file = join(scratch, 'erasures');
    const subject = digestSubject(erasure.id, 'u-1');
    const certificate = { erasureId: erasure.id, finishedAt, subject, recordIds: eventIds.slice(0, 1), eventIds };
    const notes = await Promise.all(formatCertificateRecord(signer.origin, certificate).map(signer.signText));
    await writeFile(
      file,
      notes.map((note) => `${note}\n`),
    );
    const check = async (folder: string) =>
      checkCertificates(ledger.database.url, [file], [], new FolderArchiveStore(folder));
    expect(await check(ledger.folder)).toEqual({ total: 1, undone: [] });
    expect(await check(join(scratch, 'backup'))).toMatchObject({
      undone: [{ personalEvents: 10, isRecorded: true, subjectId: 'u-1' }],
    });
  });

  it.each([
    [
      'an event',
      'events.jsonl.gz',
      (bytes: Buffer) => gzipSync(gunzipSync(bytes).toString().replace('"acme"', '"evil"')),
    ],
    ['a tile', 'tiles.jsonl.gz', () => gzipSync('')],
    ['its checkpoint', 'checkpoint', (bytes: Buffer) => bytes.toString().replace('\n6', '\n7')],
  ])('names one of which somebody changed %s, and does not count it', async (_what, name, change) => {
    const path = await altered(name, change);
    const found = await verify(month, path);
    expect(listKinds(found)).toEqual(['archive_altered']);
    expect(found.findings[0]).toMatchObject({ table: path });
    expect(found).toMatchObject({ verdict: 'tampered', archives: { proven: 300, unseen: 20 } });
  });

  it('names one whose manifest no key of the log signed', async () => {
    const path = await altered('manifest', (bytes) => bytes.toString().replace('"events":20', '"events":19'));
    expect(await verify(path)).toMatchObject({
      verdict: 'tampered',
      findings: [{ kind: 'archive_foreign', table: path, what: expect.stringContaining('its manifest') }],
      archives: { proven: 0, unseen: 320 },
    });
  });

  it('names one of another ledger, though the same key signed it', async () => {
    const other = await makeLedger(await makeSigner(await copyKey(keyFile, '')), 30, 3);
    const found = await verify(other.folder);
    expect(found.findings).toMatchObject([
      { kind: 'archive_foreign', what: expect.stringContaining('no act of this log states this') },
      { kind: 'archive_foreign' },
    ]);
    await closeLedger(other);
  });

  it('names one that says otherwise than the act of its retirement', async () => {
    const { files, ...manifest } = await ledger.archives.manifest(rows.slice(ledger.folder.length + 1));
    const said = { ...manifest, files, policy: '{"days":1}' };
    const path = await altered('manifest', async () => signer.signText(formatManifest(said)));
    expect((await verify(path)).findings).toMatchObject([
      { kind: 'archive_foreign', what: expect.stringContaining('(policy)') },
    ]);
  });

  it('refuses a folder without an archive', async () => {
    await expect(verify(join(scratch, 'nothing'))).rejects.toMatchObject({ code: 'AUDIT_REQUEST_INVALID' });
  });

  it('proves the events of bundles that are not served any more', async () => {
    const files = join(scratch, 'log');
    await withClient(ledger.database.url, async (reader) => writeLogFiles(reader, files));
    const given = { folder: files, verifierKeys: [signer.verifierKey] };
    const none = await verifyFolder(given);
    expect(none).toMatchObject({ verdict: 'sound', retired: 512, archives: { proven: 0, unseen: 512 } });
    expect(none.archives?.missing).toHaveLength(2);
    const both = await verifyFolder({ ...given, archives: [ledger.folder] });
    // 192 others share a bundle with a retired event, and are still stored.
    expect(both).toMatchObject({ verdict: 'sound', archives: { proven: 320, unseen: 192, missing: [] } });
    const wrong = await verifyFolder({ ...given, archives: [await altered('tiles.jsonl.gz', () => gzipSync(''))] });
    expect(listKinds(wrong)).toEqual(['archive_altered']);
  });
});

it('the id in the leaf of a retired place is named when it was changed, and which retirement it is of', async () => {
  const ids = await runSql(ledger.database.superuserUrl, 'SELECT event_id AS id FROM audit_leaf WHERE index IN (5, 6)');
  const [one, other] = ids.map(({ id }) => String(id));
  const swap = `UPDATE audit_leaf SET event_id = CASE index WHEN 5 THEN '${other ?? ''}'::uuid ELSE '${one ?? ''}'::uuid END WHERE index IN (5, 6)`;
  const replaced = `UPDATE audit_leaf SET event_id = overlay(event_id::text placing 'ffff' from 33)::uuid WHERE index = 5`;
  for (const sql of [swap, replaced]) {
    const change = `ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_event_id_index_key; ${sql}`;
    const { findings } = await whileChanged(ledger.database, change, (client) =>
      verifyLedger({ database: client, verifierKeys: [signer.verifierKey] }),
    );
    expect(findings).toMatchObject([
      { kind: 'leaf_altered', table: 'audit_leaf', index: 0, what: expect.stringContaining('states other ids') },
    ]);
  }
});
