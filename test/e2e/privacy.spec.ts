import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { verifyCertificate, type Erasure } from '../../src/monitoring/index.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { freshKeyFile, closeAfterTests, settled, tempFolder, testDatabase, withClient } from '../support/index.js';
import { type CommandRun, runCommand } from '../support/run-command.js';
import { ApiClient, type ShownEvent } from '../support/api-client.js';
import { findInDatabase } from '../support/find-in-database.js';
import { ARCHIVES_LOCK } from '../../src/monitoring/keep/archive/archives.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { today } from '../support/today.js';

import { erased, expectProven, readProof } from '../support/proofs.js';

const PASSWORD = 'a rather long secret';
const ITEM = { sku: 'tea', quantity: 2, unitPriceCents: 450 } as const;

interface Person {
  readonly id: string;
  readonly email: string;
  readonly ip: string;
  readonly browser: string;
  readonly client: ApiClient;
}
const keyFile = freshKeyFile();

const MONTH = (await today()).slice(0, 7);
const database = await testDatabase();
const app = await closeAfterTests(
  startReferenceApp(database.url, { TRUST_PROXY: '1', AUDIT_SIGNING_KEY_FILE: keyFile }),
);
const folder = await tempFolder('privacy-');
const admin = new ApiClient(app.url, { 'user-agent': 'admin-browser/1.0' });
await admin.logIn(ADMIN.email, ADMIN.password);

async function arrive(name: string, ip: string): Promise<Person> {
  const browser = `${name}-browser/7.3`;
  const email = `${name}.l@example.com`;
  const client = new ApiClient(app.url, { 'user-agent': browser, 'x-forwarded-for': ip });
  expect(await client.logIn(email, PASSWORD)).toBe(401);
  const { body } = await client.send('POST', '/auth/register', { email, password: PASSWORD, name: `${name} Lovelace` });
  const id = String(body.id);
  await client.logIn(email, PASSWORD);
  await client.send('POST', '/orders', { items: [ITEM] });
  await admin.send('PATCH', `/admin/users/${id}`, { roles: ['user', 'auditor'] });
  await settled(database);
  return { id, email, ip, browser, client };
}

async function dryRun(requested: object): Promise<Erasure> {
  const { status, body } = await admin.send<Erasure>('POST', '/audit/erasures', { ...requested, dryRun: true });
  expect([status, body]).toMatchObject([body.state === 'done' ? 200 : 202, { dryRun: true }]);
  return done(body.id);
}

const done = (id: unknown): Promise<Erasure> => erased(admin, id);

/** The event of an erasure keeps the reason that its requester gave. */
async function readPersonal(id: string): Promise<readonly object[]> {
  await settled(database);
  return database.sql(
    `SELECT count(*)::int AS events, count(*) FILTER (
       WHERE personal_salt IS NOT NULL AND type <> 'audit_subject_erased')::int AS personal FROM audit_event
      WHERE actor_id = $1 OR resource_id = $1`,
    [id],
  );
}

function command(...args: readonly string[]): Promise<CommandRun> {
  return listenTo(args, () => undefined);
}

function listenTo(args: readonly string[], listen: (said: string) => void): Promise<CommandRun> {
  return runCommand(args, {
    cwd: folder,
    env: { DATABASE_URL: database.url, AUDIT_SIGNING_KEY_FILE: keyFile },
    listen,
  });
}

async function verified() {
  const { verifierKeys } = app.app.get(CheckpointSigner, { strict: false });
  return verifyLedger({ database: database.url, verifierKeys });
}

describe('the erasure of a person', () => {
  it('counts in a dry run, then erases what is by, about and of the person, and leaves the others as they are', async () => {
    const [bob, zob] = [await arrive('bob', '203.0.113.71'), await arrive('zbob', '203.0.113.7')];
    const [before] = await readPersonal(zob.id);
    await admin.events(`q=${bob.email}`); // what an auditor looked for names the person, too
    const body = { subjectId: bob.id, identifiers: [bob.email.toUpperCase()], reason: 'asked by letter' };

    const dry = await dryRun(body);
    // Registered, logged in, ordered; a role given by the administrator; the try before the account was there, and the search.
    expect(dry.counts.events).toEqual({ [MONTH]: { actor: 3, resource: 1, identifier: 2 } });
    expect(await readPersonal(bob.id)).toEqual([{ events: 4, personal: 4 }]);

    const events = await admin.events(`actorId=${bob.id}`);
    const proofs = await Promise.all(events.map(({ id }) => readProof(admin, id)));
    expect(proofs.length).toBeGreaterThan(0);
    const planned = await admin.send<Erasure>('POST', '/audit/erasures', body);
    expect(planned).toMatchObject({ status: 202, body: { state: 'planned' } });
    const erasure = await done(planned.body.id);
    const requests = await admin.events('type=audit_subject_erasure_request');
    expect(requests[0]?.details).toEqual({ dryRun: false, erasureId: erasure.id });
    expect(await admin.events(`type=audit_subject_erased&resourceId=${bob.id}`)).toMatchObject([
      { id: erasure.eventId, category: 'privacy', details: { erasureId: erasure.id, erasedEvents: 6, held: 0 } },
    ]);
    const { origin, verifierKeys: keys } = app.app.get(CheckpointSigner, { strict: false });
    const certificate = verifyCertificate(erasure.certificate ?? '', { origin, keys });
    expect(certificate).toMatchObject({ subjectId: bob.id, identifiers: 1, event: { id: erasure.eventId } });
    expect(certificate.checkpointAfter.size).toBeGreaterThan(certificate.event.index);
    expect(certificate.checkpointBefore?.size).toBeLessThanOrEqual(certificate.event.index);
    expect(erasure.certificate).not.toContain(bob.email);

    expect(erasure.counts).toEqual({ ...dry.counts, providers: expect.objectContaining({ 'security-log': 3 }) });
    expect(await readPersonal(bob.id)).toEqual([{ events: 5, personal: 0 }]); // with audit_subject_erased
    expect(await readPersonal(zob.id)).toEqual([before]);
    const texts = [bob.ip, bob.browser, bob.email].map((text) => `"${text}"`);
    expect((await findInDatabase(database.url, texts)).filter((found) => !found.startsWith('auth_'))).toEqual([]);
    for (const proof of proofs) await expectProven(app.app, proof);
    expect(await verified()).toMatchObject({ verdict: 'sound', erased: 6 });

    const again = await done((await admin.send<Erasure>('POST', '/audit/erasures', body)).body.id);
    expect(again.counts.events).toEqual({});
  });

  it('is for those alone who may erase, and for what can be a person', async () => {
    const erin = await arrive('erin', '203.0.113.74');
    const requested = { subjectId: erin.id, reason: 'because' };
    expect(await erin.client.send('POST', '/audit/erasures', requested)).toMatchObject({
      status: 403, // an auditor by now
      body: { code: 'AUDIT_ACCESS_DENIED', message: expect.stringContaining('does not grant "erase" to you') },
    });
    expect((await erin.client.send('GET', `/audit/subjects/${erin.id}/report`)).status).toBe(403);
    expect((await new ApiClient(app.url).send('POST', '/audit/erasures', requested)).status).toBe(401);
    expect(await readPersonal(erin.id)).toEqual([{ events: 6, personal: 6 }]); // with the two that were denied
    expect(await admin.send('POST', '/audit/erasures', { subjectId: erin.id })).toMatchObject({ status: 400 });
    expect((await admin.send('GET', `/audit/erasures/${uuidv7()}`)).status).toBe(404);
    expect(await admin.events('type=audit_subject_erasure_request_denied')).toMatchObject([
      { category: 'privacy' },
      {},
    ]);
  });
});

describe('the report about a person', () => {
  it('holds what is by and about the person, and of others nothing personal; as JSON, and as a page', async () => {
    const fay = await arrive('fay', '203.0.113.75');
    const { status, body } = await admin.send<{
      events: readonly ShownEvent[];
      rows: readonly Record<string, unknown>[];
      checkpoint: string;
    }>('GET', `/audit/subjects/${fay.id}/report`);
    expect(status).toBe(200);
    expect(body.events.map(({ type }) => type)).toEqual([
      'user_registered',
      'user_login_success',
      'order_created',
      'user_updated',
    ]);
    expect(body.events[0]).toMatchObject({ request: { ip: fay.ip, userAgent: fay.browser } });
    expect(body.rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ backend: 'security-log', ip: fay.ip }),
        expect.objectContaining({ backend: 'order-timeline', type: 'order_created' }),
      ]),
    );
    const given = body.events.find(({ type }) => type === 'user_updated');
    expect(JSON.stringify(given)).not.toMatch(/admin-browser|root@example|127\.0\.0\.1/);

    const headers = { authorization: `Bearer ${String(admin.token)}`, accept: 'text/html,application/xhtml+xml' };
    const page = await fetch(`${app.url}/audit/subjects/${fay.id}/report`, { headers });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    expect(html).toMatch(/^<!doctype html>[\s\S]*What happened[\s\S]*order_created[\s\S]*<\/html>\n$/);
    expect(html).toContain(fay.ip);
    expect(html).not.toMatch(/<script|src=|href=/);

    const file = join(folder, 'report.json');
    const args = ['--subject', fay.id, '--identifier', fay.email, '--output', file];
    expect(await command('subject-report', ...args)).toEqual({ code: 0, output: '', errors: '' });
    const report = JSON.parse(await readFile(file, 'utf8')) as { events: readonly ShownEvent[] };
    const named = [...body.events.map(({ type }) => type), 'user_login_failed'];
    expect(report.events.map(({ type }) => type).toSorted()).toEqual(named.toSorted());
    expect((await command('subject-report', '--subject', fay.id, '--html')).output).toMatch(/^<!doctype html>/);
  });

  it('is a part of what people export themselves', async () => {
    const gil = await arrive('gil', '203.0.113.76');
    const { body: store } = await admin.send('POST', '/admin/stores', { name: 'Corner shop' });
    await admin.send('POST', `/admin/stores/${String(store.id)}/members`, { userId: gil.id, role: 'cashier' });
    const { status, headers, body } = await gil.client.send<{ sections: { auditLedger: object } }>(
      'POST',
      '/me/data-export',
    );
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(JSON.stringify(body.sections.auditLedger)).toContain(gil.ip);
    expect(JSON.stringify(body.sections.auditLedger)).not.toContain('admin-browser');
    expect(body).toMatchObject({
      userId: gil.id,
      sections: {
        account: {
          email: gil.email,
          name: 'gil Lovelace',
          sessions: [{ revokedAt: null }],
          securityLog: expect.arrayContaining([expect.objectContaining({ type: 'user_registered' })]),
        },
        orders: [{ totalCents: 900, items: [ITEM] }],
        memberships: { stores: [{ userId: gil.id, role: 'cashier' }] },
      },
    });
    expect(JSON.stringify(body)).not.toContain('argon2');
  });
});

describe('the commands', () => {
  it('erase: plans it, waits until the application is done with it, and prints the certificate', async () => {
    const hal = await arrive('hal', '203.0.113.77');
    const requested = ['erase', '--subject', hal.id, '--identifier', hal.email, '--reason', 'asked', '--by', 'dpo'];
    const dry = await command(...requested, '--dry-run');
    expect(dry).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Would erase the personal part of 5 event\(s\)/),
    });
    expect(await readPersonal(hal.id)).toMatchObject([{ personal: 4 }]);
    const counted = JSON.parse((await command(...requested, '--dry-run', '--json')).output) as { erasure: Erasure };
    const { counts, remnants } = await dryRun({ subjectId: hal.id, identifiers: [hal.email], reason: 'asked' });
    expect(counted.erasure).toMatchObject({ counts, remnants, dryRun: true });
    const onRecord = 'SELECT count(*)::int AS erasures FROM audit_erasure WHERE subject = $1';
    expect(await database.sql(onRecord, [hal.id])).toEqual([{ erasures: 1 }]); // that of the route alone

    const { code, output, errors } = await withClient(database.url, async (client) => {
      const { class: kind, table } = ARCHIVES_LOCK;
      await client.query('SELECT pg_advisory_lock($1, hashtext($2::regclass::oid::text))', [kind, table]);
      return listenTo(requested, (said) => {
        if (said.includes('archives')) void client.query('SELECT pg_advisory_unlock_all()');
      });
    });
    expect(code).toBe(0);
    expect(errors).toMatch(
      /^(The erasure [\w-]+ waits: .+\n)*The erasure [\w-]+ waits: The login \w+ \(pid .+\) holds the lock of the archives\n$/,
    );
    expect(output).toContain('nestjs-audit-ledger/erasure@v1');
    expect(output).toMatch(/What remains: 5 event\(s\) as sealed facts, of these fields:\n( {2}\/[\w/]+: \d+\n)+/);
    expect(output).toContain('Not reached: backups of the database; write-ahead logs.');
    expect(output).toContain('"requestedBy":{"id":"dpo","type":"admin"}');
    expect(await readPersonal(hal.id)).toMatchObject([{ personal: 0 }]);
  });
});

describe('the deletion of an account', () => {
  it('leaves nothing of the person in any table, in the spill, or in the log of the ledger', async () => {
    const joe = await arrive('joe', '203.0.113.79');
    const items = [{ ...ITEM, sku: 'for joe Lovelace' }];
    const orderId = String((await joe.client.send('POST', '/orders', { items })).body.id);
    await joe.client.send('POST', `/orders/${orderId}/cancel`, { reason: 'I, joe Lovelace, moved to Paris' });
    expect((await joe.client.send('DELETE', '/me', { password: PASSWORD })).status).toBe(204);
    const nobody = `${joe.id}@deleted.invalid`;
    for (const email of [joe.email, nobody]) expect(await new ApiClient(app.url).logIn(email, PASSWORD)).toBe(401);
    const account = 'SELECT email, name, active, roles FROM auth_user WHERE id = $1';
    expect(await database.sql(account, [joe.id])).toEqual([
      { email: nobody, name: 'Deleted account', active: false, roles: [] },
    ]);
    expect(await admin.send('GET', `/orders/${orderId}`)).toMatchObject({
      status: 200,
      body: { totalCents: 900, ownerId: joe.id, cancelReason: null, items: [{ ...ITEM, sku: 'erased' }] },
    });
    const planned = await database.sql('SELECT id FROM audit_erasure WHERE subject = $1', [joe.id]);
    const erasure = await done(planned[0]?.id);

    expect(erasure).toMatchObject({ requestedBy: { type: 'user', id: joe.id }, reason: 'account deleted' });
    expect(await findInDatabase(database.url, [joe.ip, joe.browser, joe.email, 'joe Lovelace'])).toEqual([]);
    expect((await joe.client.send('GET', '/auth/me')).status).toBe(401);
    const files = await readdir(app.spillDir);
    // A probe of the disk comes and goes.
    for (const file of files.filter((name) => !name.endsWith('.probe'))) {
      expect(await readFile(join(app.spillDir, file), 'utf8')).not.toContain(joe.email);
    }
    expect(await admin.events(`type=gdpr_data_deleted&actorId=${joe.id}`)).toHaveLength(1);
    expect((await verified()).findings).toEqual([]);
  });

  it('that is refused, as of the last administrator, takes the erasure back, and changes no module', async () => {
    const sessions = () => database.sql('SELECT id, revoked_at FROM auth_session ORDER BY id');
    const before = await sessions();
    expect(await admin.send('DELETE', '/me', { password: ADMIN.password })).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/^Cannot do this to the account: it is the last administrator\. Make/) },
    });
    expect(await sessions()).toEqual(before);
    const { status, body } = await admin.send('GET', '/auth/me');
    expect(status).toBe(200);
    expect(await database.sql('SELECT id FROM audit_erasure WHERE subject = $1', [body.id])).toEqual([]);
  });
});
