import { expect, it } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { getErrorCode } from '../../../src/audit/nest-free.js';
import { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { LogReader } from '../../../src/monitoring/store/log-reading/log-reader.service.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import type { ErasureRemnants } from '../../../src/monitoring/keep/lifecycle/erasure/erasure.dto.js';
import { Retention, verifyCertificate, type Erasure } from '../../../src/monitoring/index.js';
import { callEverything } from '../../support/forgotten/call-everything.js';
import { CalledRoutes, changingRoutes, NotedClient } from '../../support/forgotten/called-routes.js';
import { liveALife } from '../../support/forgotten/life-of-a-person.js';
import type { OpenApi } from '../../support/forgotten/open-api.js';
import { OTTILIE, OTTILIES_IDENTIFIERS } from '../../support/forgotten/ottilie.js';
import { eventually, closeAfterTests, settled, tempFolder, testDatabase, withClient } from '../../support/index.js';
import type { ReferenceApp } from '../../support/reference-app.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';
import { addEventsAt } from '../../support/retention-scene.js';
import { runSql } from '../../support/sql.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

import { erased } from '../../support/proofs.js';

interface Content {
  readonly where: string;
  readonly content: Buffer | string;
}

const TABLES = `
  SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
   WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`;

async function rowsOfTables(superuserUrl: string): Promise<readonly Content[]> {
  const contents: Content[] = [];
  for (const { name } of await runSql(superuserUrl, TABLES)) {
    const rows = await runSql(superuserUrl, `SELECT row_to_json(t)::text AS text FROM ${String(name)} t`);
    for (const { text } of rows)
      contents.push({ where: `${String(name)}: ${String(text).slice(0, 300)}`, content: String(text) });
  }
  return contents;
}

async function listFiles(folder: string): Promise<readonly Content[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const contents = await Promise.all(paths.map(readUnlessGone));
  return paths.flatMap((where, nth) => ({ where, content: contents[nth] ?? '' }));
}

/** The spill makes files and removes them meanwhile. */
function readUnlessGone(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (getErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

const BUNDLE_WIDTH = 256;

async function entriesOfLog(
  app: ReferenceApp,
): Promise<{ readonly entries: readonly Content[]; readonly retiredBundles: readonly number[] }> {
  const reader = app.app.get(LogReader, { strict: false });
  const { size = 0 } = (await reader.newestCheckpoint()) ?? {};
  const entries: Content[] = [];
  const retiredBundles: number[] = [];
  for (let bundle = 0; bundle * BUNDLE_WIDTH < size; bundle++) {
    const width = Math.min(BUNDLE_WIDTH, size - bundle * BUNDLE_WIDTH);
    try {
      const found = (await reader.findEntries(bundle, width)) ?? [];
      if (found.length !== width) throw new Error(`Bundle ${bundle} has ${found.length} entries of ${width}.`);
      const texts = found.map((entry) => Buffer.from(entry));
      entries.push(...texts.map((content) => ({ where: content.toString().slice(0, 300), content })));
    } catch (error) {
      if (getErrorCode(error) !== 'AUDIT_ENTRIES_MISSING') throw error;
      retiredBundles.push(bundle);
    }
  }
  return { entries, retiredBundles };
}

/** Base64 of a text has three forms by the text's offset. Each form keeps only the characters that do not depend on other text. */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const [first, last] = [Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3)];
    return whole.slice(first, last);
  });
}

function jsonEscaped(text: string): string {
  const escape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[^\x20-\x7e]/g, escape);
}

/** All forms but base64 are in lower case. */
function listForms(text: string): { readonly anyCase: readonly string[]; readonly exact: readonly string[] } {
  const url = encodeURIComponent(text);
  const anyCase = [text, url, url.replaceAll('%20', '+'), jsonEscaped(text), Buffer.from(text).toString('hex')];
  const base64 = base64Forms(text);
  return {
    anyCase: [...new Set(anyCase.map((form) => form.toLowerCase()))],
    exact: [...base64, ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))],
  };
}

/** A text may stand there in any case, plain, URL-encoded, JSON-escaped, in hexadecimal or in base64. gzip content is unpacked. */
function namesIn(texts: readonly string[]): (content: Buffer | string) => readonly string[] {
  const sought = texts.map((text) => ({ text, ...listForms(text) }));
  return (content) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
    const exact = (isGzip(bytes) ? gunzipSync(bytes) : bytes).toString();
    const lower = exact.toLowerCase();
    return sought
      .filter((each) => each.anyCase.some((f) => lower.includes(f)) || each.exact.some((f) => exact.includes(f)))
      .map(({ text }) => text);
  };
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The 256 events fill the first bundle of the log, which is retired whole. */
const ARCHIVED = { ofThePerson: 200, ofAnother: 56 };
const ANOTHER = 'Konrad of the archive';

const namesPerson = namesIn([...OTTILIES_IDENTIFIERS, 'Quändt', 'quandt']);

function named(contents: readonly Content[]): readonly string[] {
  return contents.flatMap(({ where, content }) => namesPerson(content).map((text) => `${where}: ${text}`));
}

const database = await testDatabase();
const [folder, handedOut] = [await tempFolder('forgotten-'), await tempFolder('handed-out-')];
await withClient(database.url, async (client) => {
  const request = { id: OTTILIE.email, ip: OTTILIE.ip, userAgent: OTTILIE.userAgent };
  const actor = { type: 'user', id: OTTILIE.email, name: OTTILIE.name } as const;
  await addEventsAt(client, '2026-01-10T12:00:00.000Z', ARCHIVED.ofThePerson, { actor, request });
  await addEventsAt(client, '2026-01-11T12:00:00.000Z', ARCHIVED.ofAnother, {
    actor: { type: 'user', id: 'u-konrad', name: ANOTHER },
  });
});
const { destination } = await closeAfterTests(startWebhookReceiver());
const streams = [{ name: 'siem', destination, personal: 'omit', delaysRetention: false }];
await writeFile(join(handedOut, 'streams.json'), JSON.stringify(streams));
const app = await closeAfterTests(
  startReferenceApp(database.url, {
    TRUST_PROXY: '1',
    AUDIT_RETENTION_DAYS: '30',
    AUDIT_ALERTS: 'true',
    AUDIT_ARCHIVE_DIR: join(folder, 'archive'),
    AUDIT_CHECKPOINT_FILE: join(folder, 'checkpoint'),
    AUDIT_SIGNING_KEY_FILE: join(folder, 'key'),
    AUDIT_STREAMS_FILE: join(handedOut, 'streams.json'),
  }),
);
const calls = new CalledRoutes();
const admin = new NotedClient(app.url, calls);
await admin.logIn(ADMIN.email, ADMIN.password);
const person = new NotedClient(app.url, calls, { 'user-agent': OTTILIE.userAgent, 'x-forwarded-for': OTTILIE.ip });
await person.logIn(OTTILIE.email, OTTILIE.password, { 'x-request-id': OTTILIE.email }); // before the account is there
const account = { email: OTTILIE.email, password: OTTILIE.password, name: OTTILIE.name };
const personId = String((await person.send('POST', '/auth/register', account)).body.id);

async function retire(): Promise<void> {
  await settled(database); // a part of the month may be sealed before the other part
  const [retired] = await eventually(async () => {
    const report = await app.app.get(Retention).run();
    return report !== undefined && report.retired.length > 0 && report.retired;
  });
  expect(retired).toMatchObject({ kind: 'month', events: ARCHIVED.ofThePerson + ARCHIVED.ofAnother });
}

async function exportLedger(format: string): Promise<{ readonly id: string; readonly content: Buffer }> {
  const headers = { authorization: `Bearer ${String(admin.token)}` };
  const response = await fetch(`${app.url}/audit/export?format=${format}`, { headers });
  expect(response.status).toBe(200);
  const id = String(response.headers.get('audit-export-id'));
  const content = Buffer.from(await response.arrayBuffer());
  const ended = `SELECT FROM audit_event WHERE resource_type = 'audit_export' AND resource_id = $1 AND outcome <> 'attempted'`;
  await eventually(async () => (await database.superuserSql(ended, [id])).length > 0);
  return { id, content };
}

async function whileSpilled(work: () => Promise<void>): Promise<void> {
  await withClient(database.superuserUrl, async (client) => {
    await client.query('BEGIN; LOCK TABLE audit_inbox IN SHARE MODE');
    const login = person.send('POST', '/auth/login', { email: OTTILIE.email, password: 'a wrong one' });
    await eventually(async () => named(await listFiles(app.spillDir)).length > 0);
    await work();
    await client.query('COMMIT');
    expect((await login).status).toBe(401);
  });
}

async function erase(): Promise<void> {
  // Undoes what the routes did to the account: they locked and deactivated it.
  await database.sql('UPDATE auth_user SET active = true, locked_until = NULL, failed_logins = 0');
  expect(await person.logIn(OTTILIE.email, OTTILIE.password)).toBe(200);
  expect((await person.send('DELETE', '/me', { password: OTTILIE.password })).status).toBe(204);
  const requested = { subjectId: personId, identifiers: OTTILIES_IDENTIFIERS, reason: 'asked by letter' };
  const { body } = await admin.send<Erasure>('POST', '/audit/erasures', requested);
  await erased(admin, body.id);
}

async function remnantsOfErasures(): Promise<readonly ErasureRemnants[]> {
  const select = 'SELECT certificate FROM audit_erasure WHERE subject = $1 ORDER BY id';
  const rows = await database.superuserSql(select, [personId]);
  const { origin, verifierKeys: keys } = app.app.get(CheckpointSigner, { strict: false });
  return rows.map(({ certificate }) => verifyCertificate(String(certificate), { origin, keys }).remnants);
}

it('a person who was erased is named in no table, file, archive, spill, bundle, export or log, whatever was done on every route', async () => {
  await retire();
  await liveALife({ person, personId, admin, app: app.app });
  const { body: api } = await person.send<OpenApi>('GET', '/docs-json');
  expect(await callEverything({ url: app.url, api, person, personId, admin })).toBeGreaterThan(500);
  const exported = await exportLedger('jsonl');
  await writeFile(join(handedOut, 'before.jsonl'), exported.content);

  await whileSpilled(async () => {
    expect(named(await rowsOfTables(database.superuserUrl)).length).toBeGreaterThan(200);
    expect(named(await listFiles(join(folder, 'archive'))).length).toBeGreaterThan(0);
    expect(named(await listFiles(handedOut)).length).toBeGreaterThan(0);
  });
  const { entries, retiredBundles } = await entriesOfLog(app);
  expect({ named: named(entries), retiredBundles }).toEqual({ named: [], retiredBundles: [0] }); // what is sealed names nobody
  expect(entries.length).toBeGreaterThan(400);

  await erase();

  expect(named(await rowsOfTables(database.superuserUrl))).toEqual([]);
  expect(named([...(await listFiles(folder)), ...(await listFiles(app.spillDir))])).toEqual([]);
  expect(named((await entriesOfLog(app)).entries)).toEqual([]);
  for (const format of ['jsonl', 'csv']) {
    const { id, content } = await exportLedger(format);
    expect(named([{ where: id, content }])).toEqual([]);
  }
  expect(namesPerson(app.logged())).toEqual([]);
  expect(calls.neverSucceeded(changingRoutes(api))).toEqual([]);

  const archive = (await listFiles(join(folder, 'archive'))).find(({ where }) => where.endsWith('.jsonl.gz'));
  expect(gunzipSync(archive?.content ?? '').toString()).toContain(ANOTHER);
  const [ofAccount, ofOperator] = await remnantsOfErasures();
  expect(Object.values({ ...ofAccount?.archives, ...ofOperator?.archives })).toEqual([ARCHIVED.ofThePerson]);
  for (const remnants of [ofAccount, ofOperator])
    expect(remnants?.exports).toContainEqual(expect.objectContaining({ exportId: exported.id, isCertain: true }));
  expect(ofAccount?.outside).toEqual(['backups', 'write_ahead_logs', 'archive_copies']);
  expect(await verifyLedger({ database: database.url })).toMatchObject({ findings: [] });
});
