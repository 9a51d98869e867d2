import { describe, expect, it } from '@jest/globals';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { AuditPrivacy, verifyCertificate, type Erasure } from '../../src/monitoring/index.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { planErasure } from '../../src/monitoring/keep/lifecycle/erasure/requests.js';
import { ErasureRunner } from '../../src/monitoring/keep/lifecycle/erasure/request-runner.service.js';
import { Custodian } from '../../src/monitoring/keep/lifecycle/erasure/custodian.service.js';
import { ApiClient, eventually, GIVEN_COLUMNS, kept, settled, testDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';

let arrived = 0;

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url));
const privacy = app.app.get(AuditPrivacy, { strict: false });
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
const victim = await arrive('victim');
const client = await kept(new pg.Client({ connectionString: database.superuserUrl }));
await client.connect();

async function arrive(name: string): Promise<string> {
  const email = `${name}-${++arrived}@example.com`;
  const { body } = await new ApiClient(app.url).send('POST', '/auth/register', {
    email,
    password: 'a rather long secret',
    name: `${name} Lovelace`,
  });
  await settled(database);
  return String(body.id);
}

async function isPersonal(id: string): Promise<boolean> {
  const sql = `SELECT count(*)::int AS count FROM audit_event WHERE personal_salt IS NOT NULL AND type = 'user_registered' AND $1 IN (actor_id, resource_id)`;
  return Number((await database.sql(sql, [id]))[0]?.count) > 0;
}

/** The instance that carries out erasures takes this lock: while the test holds the lock, no erasure runs. */
const LOCK = `pg_advisory_lock(7361996, hashtext('audit_erasure'::regclass::oid::text))`;

/** The erasure begins only after the lock is released. */
async function requested(subject: string, reason = 'asked by letter'): Promise<string> {
  await client.query(`SELECT ${LOCK}`);
  const asked = { subjectId: subject, identifiers: [`${subject}@example.com`], reason };
  return (await admin.send<Erasure>('POST', '/audit/erasures', asked)).body.id;
}

const release = () => client.query(`SELECT ${LOCK.replace('lock', 'unlock')}`);

async function alter(sql: string, values: readonly unknown[]): Promise<void> {
  await client.query(`SET session_replication_role = 'replica'`);
  await client.query(sql, [...values]);
  await client.query(`SET session_replication_role = 'origin'`);
}

async function findings(): Promise<readonly string[]> {
  const { verifierKeys } = app.app.get(CheckpointSigner, { strict: false });
  const verified = await verifyLedger({ database: database.url, verifierKeys });
  return verified.findings.map(({ kind, what }) => `${kind} ${what}`);
}

async function warnings(): Promise<readonly string[]> {
  const { verifierKeys } = app.app.get(CheckpointSigner, { strict: false });
  return (await verifyLedger({ database: database.url, verifierKeys })).warnings;
}

const health = async (): Promise<string> => JSON.stringify((await admin.send('GET', '/health')).body);

const done = (id: string): Promise<Erasure> =>
  eventually(async () => {
    const erasure = await privacy.find(id);
    return erasure?.state === 'done' && erasure;
  });

describe('a row in the table of erasures', () => {
  it('that no signed act requested erases nothing, and is named', async () => {
    const id = uuidv7();
    const act = `(SELECT coalesce(max(number), 1) FROM audit_act)`;
    await alter(
      `INSERT INTO audit_erasure (id, subject, identifiers, salt, requested_by, reason, act)
       VALUES ($1, $2, '{}', '\\x00', '{"type":"admin","id":"dpo"}', 'asked', ${act})`,
      [id, victim],
    );
    await done(await requested(await arrive('other')).then((other) => release().then(() => other))); // so that the application looked
    expect(await isPersonal(victim)).toBe(true);
    expect(await findings()).toEqual([`erasure_forged ${id}: no signed act requested it`]);
    expect((await admin.send('GET', `/audit/erasures/${id}`)).status).toBe(409);
    await alter('DELETE FROM audit_erasure WHERE id = $1', [id]);
    expect(await findings()).toEqual([]);
  });

  const OTHER_DONE = `(SELECT progress FROM audit_erasure WHERE certificate IS NOT NULL LIMIT 1)`;

  it.each([
    ['has another subject', `UPDATE audit_erasure SET subject = '$victim' WHERE id = $1`, true],
    ['has other identifiers', `UPDATE audit_erasure SET identifiers = '{Lovelace}' WHERE id = $1`, true],
    ['has no identifiers', `UPDATE audit_erasure SET identifiers = NULL, salt = NULL WHERE id = $1`, true],
    ['has an empty salt', `UPDATE audit_erasure SET salt = '' WHERE id = $1`, true],
    ['has another reason', `UPDATE audit_erasure SET reason = 'ordered by a court' WHERE id = $1`, true],
    [
      'has another requester',
      `UPDATE audit_erasure SET requested_by = '{"type":"admin","id":"eve"}' WHERE id = $1`,
      true,
    ],
    ['has no requester', `UPDATE audit_erasure SET requested_by = 'null' WHERE id = $1`, true],
    ['says that it is done', `UPDATE audit_erasure SET progress = ${OTHER_DONE} WHERE id = $1`, false],
    [
      'has a progress that nobody signed',
      `UPDATE audit_erasure SET progress = '{"state":"done"}' WHERE id = $1`,
      false,
    ],
    ['is deleted', 'DELETE FROM audit_erasure WHERE id = $1', true],
  ])('that %s is not carried out until it is put back', async (_what, sql, isNamed) => {
    const person = await arrive('person');
    const id = await requested(person);
    await client.query('CREATE TEMPORARY TABLE kept AS SELECT * FROM audit_erasure WHERE id = $1', [id]);
    await alter(sql.replace('$victim', victim), [id]);
    await release();
    await eventually(async () => (await health()).includes('signed acts'));
    expect([await isPersonal(person), await isPersonal(victim)]).toEqual([true, true]);
    const named = (await findings()).filter((finding) => finding.startsWith(`erasure_altered ${id}`));
    expect(named).toHaveLength(isNamed ? 1 : 0); // what verify may not read, the application has refused
    await alter('DELETE FROM audit_erasure WHERE id = $1', [id]);
    await client.query('INSERT INTO audit_erasure SELECT * FROM kept');
    await client.query('DROP TABLE kept');
    expect(await done(id)).toMatchObject({ subjectId: person, dryRun: false });
    expect([await isPersonal(person), await isPersonal(victim)]).toEqual([false, true]);
    await eventually(async () => !(await health()).includes('signed acts'));
    expect(await findings()).toEqual([]);
  });

  it.each([
    ['is said to be of the person', 'UPDATE audit_event SET actor_id = $2 WHERE actor_id = $1 AND actor_id <> $2'],
    ['is said to name the person', `UPDATE audit_event SET actor_name = $2 || '@example.com' WHERE actor_id = $1`],
    [
      'loses its place in the log',
      'DELETE FROM audit_leaf WHERE event_id IN (SELECT id FROM audit_event WHERE actor_id = $1 AND actor_id <> $2)',
    ],
  ])('is not carried out while an event of somebody else %s', async (_what, sql) => {
    const person = await arrive('person');
    const id = await requested(person);
    const tables = ['audit_event', 'audit_leaf'];
    for (const table of tables) await client.query(`CREATE TEMPORARY TABLE kept_${table} AS SELECT * FROM ${table}`);
    await alter(sql, [victim, person]);
    await release();
    const isNamed = async () =>
      (await health()).includes('differs from the sealed event') ||
      (await privacy.find(id).catch(() => undefined))?.state === 'done';
    await eventually(isNamed);
    await alter(
      'UPDATE audit_event e SET actor_id = k.actor_id, actor_name = k.actor_name FROM kept_audit_event k WHERE k.id = e.id AND k.actor_id = $1',
      [victim],
    );
    await alter('INSERT INTO audit_leaf SELECT * FROM kept_audit_leaf ON CONFLICT DO NOTHING', []);
    for (const table of tables) await client.query(`DROP TABLE kept_${table}`);
    expect(Object.values((await done(id)).counts.events)).toEqual([{ actor: 1 }]);
    expect([await isPersonal(person), await isPersonal(victim)]).toEqual([false, true]);
    expect(await findings()).toEqual([]);
  });

  it('that another one was turned into is not begun', async () => {
    const startsAt = new Date(Date.now() + 3_600_000);
    const later = { by: { type: 'admin', id: 'dpo' }, reason: 'later', startsAt } as const;
    const withdrawn = await privacy.erase({ id: victim }, later);
    await client.query('CREATE TEMPORARY TABLE kept AS SELECT * FROM audit_erasure WHERE id = $1', [withdrawn.id]);
    expect(await privacy.withdraw(withdrawn.id)).toBe(true);
    const person = await arrive('person');
    const other = await privacy.erase({ id: person }, later);
    await alter('UPDATE audit_erasure SET act = (SELECT act FROM kept) WHERE id = $1', [other.id]);
    await privacy.begin(other.id);
    await alter('INSERT INTO audit_erasure SELECT * FROM kept', []);
    await client.query('DROP TABLE kept');
    expect(await done(other.id)).toMatchObject({ subjectId: person });
    expect([await isPersonal(victim), await isPersonal(person)]).toEqual([true, false]);
    await alter('DELETE FROM audit_erasure WHERE id = $1', [withdrawn.id]);
    expect(await findings()).toEqual([]);
  });

  it('whose progress was never committed is not carried out by it', async () => {
    const person = await arrive('person');
    const id = await requested(person);
    const file = join(tmpdir(), `progress-${id}`); // what a transaction that is rolled back leaves
    await client.query(`
      CREATE FUNCTION steal_progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        IF NEW.progress NOT LIKE '%"events":{}%' THEN
          EXECUTE format('COPY (SELECT encode(convert_to(%L, ''UTF8''), ''hex'')) TO %L', NEW.progress, '${file}');
          RAISE EXCEPTION 'rolled back';
        END IF;
        RETURN NEW;
      END $$`);
    await client.query(
      'CREATE TRIGGER steal_progress BEFORE UPDATE ON audit_erasure FOR EACH ROW EXECUTE FUNCTION steal_progress()',
    );
    await release();
    const hex = await eventually(() => readFile(file, 'utf8').catch(() => undefined));
    await client.query(`SELECT ${LOCK}`);
    await client.query('DROP TRIGGER steal_progress ON audit_erasure; DROP FUNCTION steal_progress');
    const [before] = await database.superuserSql('SELECT progress FROM audit_erasure WHERE id = $1', [id]);
    const put = 'UPDATE audit_erasure SET progress = $2 WHERE id = $1';
    await alter(put, [id, Buffer.from(hex.trim(), 'hex').toString()]);
    await release();
    await eventually(async () => (await health()).includes('was never committed'));
    expect(await isPersonal(person)).toBe(true);
    await alter(put, [id, before?.progress]);
    expect(Object.values((await done(id)).counts.events)).toEqual([{ actor: 1 }]);
    expect(await isPersonal(person)).toBe(false);
    await rm(file);
  });

  it('that goes back to an earlier progress is finished with the counts of the acts', async () => {
    const person = await arrive('person');
    const id = await requested(person);
    await client.query('CREATE TABLE kept (progress text, is_back boolean NOT NULL DEFAULT false)');
    // A table keeps the progress, since the steps of an erasure may run in several sessions.
    await client.query(`
      CREATE FUNCTION keep_progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        IF NEW.progress LIKE '%"state":"erasing"%' AND OLD.progress LIKE '%"state":"planned"%' THEN
          NEW.problem := NULL;
          INSERT INTO kept (progress) VALUES (NEW.progress);
        ELSIF NEW.progress LIKE '%"state":"providers"%' AND EXISTS (SELECT FROM kept WHERE NOT is_back) THEN
          UPDATE kept SET is_back = true RETURNING progress INTO NEW.progress;
        END IF;
        RETURN NEW;
      END $$`);
    await client.query(
      'CREATE TRIGGER keep_progress BEFORE UPDATE ON audit_erasure FOR EACH ROW EXECUTE FUNCTION keep_progress()',
    );
    await release();
    const erasure = await done(id);
    await client.query('DROP TRIGGER keep_progress ON audit_erasure');
    expect((await client.query('SELECT FROM kept WHERE is_back')).rowCount).toBe(1); // it went back
    await client.query('DROP TABLE kept; DROP FUNCTION keep_progress');
    expect(Object.values(erasure.counts.events)).toEqual([{ actor: 1 }]);
    expect(await findings()).toEqual([]);
  });
});

describe('the certificate of an erasure', () => {
  it('is held against the acts, in the database and by whoever has both', async () => {
    const [one, other] = await Promise.all([arrive('one'), arrive('other')]);
    const first = await requested(one);
    await release();
    const erasure = await done(first);
    const second = await requested(other);
    await release();
    const another = await done(second);
    const { origin, verifierKeys: keys } = app.app.get(CheckpointSigner, { strict: false });
    const trust = { origin, keys };
    await settled(database);
    const events = await database.sql(`SELECT details->>'act' AS act FROM audit_event WHERE details->>'act' <> ''`);
    const acts = events.map(({ act }) => String(act));
    expect(verifyCertificate(erasure.certificate ?? '', { ...trust, acts })).toMatchObject({ erasedEvents: 1 });
    for (const type of ['request', 'completion']) {
      const fewer = acts.filter((act) => !act.includes(`erasure_${type}`));
      expect(() => verifyCertificate(erasure.certificate ?? '', { ...trust, acts: fewer })).toThrow(
        expect.objectContaining({ code: 'AUDIT_CERTIFICATE_INVALID' }),
      );
    }
    const unsaid = acts.filter((act) => !(act.includes('"eventsDigest"') && act.includes(first)));
    expect(() => verifyCertificate(erasure.certificate ?? '', { ...trust, acts: unsaid })).toThrow(
      'the acts state other numbers of erased events',
    );

    const certify = 'UPDATE audit_erasure SET certificate = $2 WHERE id = $1';
    for (const certificate of [another.certificate, null]) {
      await alter(certify, [first, certificate]);
      expect(await findings()).toEqual([expect.stringContaining(`erasure_altered ${first}`)]);
    }
    await alter(certify, [first, erasure.certificate]);
    const open = await requested(await arrive('open'));
    await alter(certify, [open, erasure.certificate]);
    expect(await findings()).toEqual([expect.stringContaining('it has a certificate, but no act completed it')]);
    await alter(certify, [open, null]);
    const { verifierKeys } = app.app.get(CheckpointSigner, { strict: false });
    const { warnings } = await verifyLedger({ database: database.url, verifierKeys });
    expect(warnings).toContainEqual(expect.stringMatching(`^The erasure ${open} has been open for \\d+ min`));
    await release();
    await done(open);
  });

  it('of a repeated erasure is of the events that its act states alone', async () => {
    const person = await arrive('person');
    const eventsOf = async (id: string) =>
      (await database.sql('SELECT id FROM audit_event WHERE $1 IN (actor_id, resource_id)', [id])).map((row) =>
        String(row.id),
      );
    await client.query(`SELECT ${LOCK}`);
    const undone = { id: uuidv7(), eventIds: await eventsOf(person) };
    const request = { by: { type: 'admin', id: 'dpo' }, reason: 'undone' } as const;
    const signer = app.app.get(CheckpointSigner, { strict: false });
    await app.app
      .get(Custodian, { strict: false })
      .use((session) => planErasure(session, { id: person }, request, signer, undone));
    const forged = [undone.id, (await eventsOf(victim))[0]];
    await alter('INSERT INTO audit_erasure_list VALUES ($1, $2)', forged);
    app.app.get(ErasureRunner, { strict: false }).wake();
    await release();
    await eventually(async () => (await health()).includes('the list of events to erase does not match act'));
    expect([await isPersonal(victim), await isPersonal(person)]).toEqual([true, true]);
    await alter('DELETE FROM audit_erasure_list WHERE erasure_id = $1 AND event_id = $2', forged);
    expect(Object.values((await done(undone.id)).counts.events)).toEqual([{ replayed: 1 }]);
    expect([await isPersonal(victim), await isPersonal(person)]).toEqual([true, false]);
  });

  it('leaves a warning where events of the person come back', async () => {
    const person = await arrive('person');
    await client.query(`CREATE TEMPORARY TABLE away AS SELECT ${GIVEN_COLUMNS} FROM audit_event WHERE actor_id = $1`, [
      person,
    ]);
    const id = await requested(person);
    await alter('DELETE FROM audit_event WHERE actor_id = $1 AND personal_salt IS NOT NULL', [person]);
    await release();
    await done(id);
    await alter(`INSERT INTO audit_event (${GIVEN_COLUMNS}) SELECT * FROM away ON CONFLICT DO NOTHING`, []);
    await client.query('DROP TABLE away');
    expect(await warnings()).toContainEqual(
      expect.stringMatching(`^1 event\\(s\\) from before the erasure ${id} still`),
    );
    await release().catch(() => undefined);
    await alter('DELETE FROM audit_event WHERE actor_id = $1', [person]);
  });
});
