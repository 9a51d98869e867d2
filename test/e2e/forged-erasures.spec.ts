import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator } from '../../src/audit/index.js';
import { AuditPrivacy, verifyCertificate } from '../../src/monitoring/index.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import type { ErasureState } from '../../src/monitoring/keep/lifecycle/erasure/erasure.dto.js';
import { ErasureSessions } from '../../src/monitoring/keep/lifecycle/erasure/erasure-sessions.service.js';
import { SubjectEraser } from '../../src/monitoring/keep/lifecycle/erasure/erase-subject.service.js';
import {
  planErasure,
  readErasure,
  type ErasureRecord,
} from '../../src/monitoring/keep/lifecycle/erasure/erasure-requests.js';
import { eventually, GIVEN_COLUMNS, closeAfterTests, keptApp, settled, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

const database = await testDatabase();
const { app, url } = await keptApp(startLedgerApp(database.url));
const [audit, privacy, signer] = [app.get(AuditAggregator), app.get(AuditPrivacy), app.get(CheckpointSigner)];
const [erasureSession, steps] = [app.get(ErasureSessions), app.get(SubjectEraser)];
const { origin, verifierKeys } = signer;
const client = await closeAfterTests(new pg.Client({ connectionString: database.superuserUrl }));
await client.connect();

async function arrive(name: string): Promise<string> {
  const id = uuidv7();
  const actor = { type: 'user', id, name: `${name} Lovelace` } as const;
  await audit.record('user_registered', { actor, resource: { type: 'user', id } });
  await settled(database);
  return id;
}

async function isPersonal(id: string): Promise<boolean> {
  const sql = `SELECT FROM audit_event WHERE personal_salt IS NOT NULL AND type = 'user_registered' AND actor_id = $1`;
  return (await database.sql(sql, [id])).length > 0;
}

const NEVER = new Date('2199-01-01T00:00:00Z');
const DPO = { type: 'admin', id: 'dpo' } as const;

/** The erasure starts in the future, so that only the test carries it out. */
const requested = (id: string, identifiers = [`${id}@example.com`]): Promise<ErasureRecord> =>
  erasureSession.use((session) =>
    planErasure(session, { id, identifiers }, { by: DPO, reason: 'asked by letter', startsAt: NEVER }, signer),
  );

/** Carries out an erasure as the application does, until it is in the state, or until it is refused. */
const carriedOut = (id: string, until: ErasureState = 'done'): Promise<ErasureRecord> =>
  eventually(() =>
    erasureSession.use(async (session) => {
      const request = (await steps.open(session)).find(({ erasureId }) => erasureId === id);
      if (!request) throw new Error(`Nobody requested ${id}.`);
      let erasure: ErasureRecord | undefined = await steps.resume(session, request);
      while (erasure && ![until, 'done'].includes(erasure.state)) erasure = await steps.advance(session, erasure);
      return erasure;
    }),
  );

const victim = await arrive('victim');
const first = await carriedOut((await requested(await arrive('one'))).id);
const second = await carriedOut((await requested(await arrive('other'))).id);
const open = await requested(await arrive('undecided'));

const switched = (to: 'replica' | 'origin') => client.query(`SET session_replication_role = '${to}'`);
async function alter(sql: string, values: readonly unknown[] = []): Promise<void> {
  await switched('replica');
  await client.query(sql, [...values]);
  await switched('origin');
}

/** Runs `work` after the change, in a transaction that is rolled back. */
async function whileAltered<R>(sql: string, values: readonly unknown[], work: () => Promise<R>): Promise<R> {
  await client.query('BEGIN');
  try {
    await alter(sql, values);
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

const verified = (of: string | pg.Client = database.url) => verifyLedger({ database: of, verifierKeys });
const findings = async (of?: pg.Client): Promise<readonly string[]> =>
  (await verified(of)).findings.map(({ kind, what }) => `${kind} ${what}`);
const state = async (): Promise<string> => (await fetch(`${url}/audit/state`)).text();
const done = (id: string) =>
  eventually(async () => {
    const erasure = await privacy.find(id);
    return erasure?.state === 'done' && erasure;
  });

describe('a row in the table of erasures', () => {
  it('that no signed act requested erases nothing, and is named', async () => {
    const id = uuidv7();
    await alter(
      `INSERT INTO audit_erasure (id, subject, identifiers, salt, requested_by, reason, act)
       VALUES ($1, $2, '{}', '\\x00', '{"type":"admin","id":"dpo"}', 'asked', (SELECT max(number) FROM audit_act))`,
      [id, victim],
    );
    await done((await privacy.erase({ id: await arrive('later') }, { by: DPO, reason: 'asked' })).id); // so that the application looked
    expect(await isPersonal(victim)).toBe(true);
    expect(await findings()).toEqual([`erasure_forged ${id}: no signed act requested it`]);
    expect((await fetch(`${url}/audit/erasures/${id}`)).status).toBe(409);
    await alter('DELETE FROM audit_erasure WHERE id = $1', [id]);
    expect(await findings()).toEqual([]);
  });

  it('that has another subject is not carried out until it is put back', async () => {
    const person = await arrive('person');
    const lock = `(7361996, hashtext('audit_erasure'::regclass::oid::text))`;
    await client.query(`SELECT pg_advisory_lock${lock}`); // of the instance that carries out erasures
    const { id } = await privacy.erase({ id: person }, { by: DPO, reason: 'asked' });
    expect((await verified()).warnings).toContainEqual(
      expect.stringMatching(`^The erasure ${id} has been open for \\d+ min`),
    );
    const turn = 'UPDATE audit_erasure SET subject = $2 WHERE id = $1';
    await alter(turn, [id, victim]);
    await client.query(`SELECT pg_advisory_unlock${lock}`);
    await eventually(async () => (await state()).includes('signed acts'));
    expect([await isPersonal(person), await isPersonal(victim)]).toEqual([true, true]);
    await alter(turn, [id, person]);
    expect(await done(id)).toMatchObject({ subjectId: person, dryRun: false });
    expect([await isPersonal(person), await isPersonal(victim)]).toEqual([false, true]);
    await eventually(async () => !(await state()).includes('signed acts'));
    expect(await findings()).toEqual([]);
  });

  const OTHERS = '(SELECT progress FROM audit_erasure WHERE certificate IS NOT NULL LIMIT 1)';

  /** `verify` may not read the progress. */
  const CHANGES: readonly (readonly [change: string, isNamed: boolean])[] = [
    [`subject = '${victim}'`, true],
    [`identifiers = ARRAY['eve@example.com', 'Ådá "quoted" \\ \n']`, true],
    ['identifiers = NULL, salt = NULL', true],
    ['identifiers = NULL', true],
    [`salt = ''`, true],
    [`salt = sha256('another')`, true],
    [`reason = 'ordered by a court'`, true],
    [`requested_by = '{"type":"admin","id":"eve"}'`, true],
    [`requested_by = 'null'`, true],
    [`progress = ${OTHERS}`, false],
    [`progress = '{"state":"done"}'`, false],
    ['DELETE', true],
  ];

  it('that was changed or deleted is refused by the application, and named by verify', async () => {
    const ids: string[] = [];
    for (const [nth] of CHANGES.entries())
      ids.push((await requested(`undecided-${nth}`, ['ada@example.com', 'Ådá "quoted" \\ \n\u0001'])).id);
    const requests = await erasureSession.use((session) => steps.open(session));
    const changes = CHANGES.map(([change], nth) => {
      const of = `WHERE id = '${ids[nth]}'`;
      return change === 'DELETE' ? `DELETE FROM audit_erasure ${of}` : `UPDATE audit_erasure SET ${change} ${of}`;
    });
    const rows = async (text: string, values: readonly unknown[] = []) =>
      (await client.query<Record<string, unknown>>(text, [...values])).rows;
    await whileAltered(changes.join(';'), [], async () => {
      const named = await findings(client);
      for (const [nth, [change, isNamed]] of CHANGES.entries()) {
        const request = requests.find(({ erasureId }) => erasureId === ids[nth]) ?? fail();
        const refused = readErasure({ rows }, request, steps.acts.trust).catch((error: unknown) => error);
        const isIt = (finding: string) => finding.startsWith(`erasure_altered ${ids[nth]}`);
        expect([change, await refused, named.filter(isIt).length]).toMatchObject([
          ...[change, { code: 'AUDIT_ACTS_CONTRADICTED' }, isNamed ? 1 : 0],
        ]);
      }
    });
  });

  it.each([
    [
      'is said to be of the person',
      'UPDATE audit_event SET actor_id = $2 WHERE actor_id = $1 AND actor_id <> $2',
      'differs from the sealed event',
    ],
    [
      'is said to name the person',
      `UPDATE audit_event SET actor_name = $2 || '@example.com' WHERE actor_id = $1`,
      'differs from the sealed event',
    ],
    [
      'loses its place in the log',
      'DELETE FROM audit_leaf WHERE event_id IN (SELECT id FROM audit_event WHERE actor_id = $1 AND actor_id <> $2)',
      'done',
    ],
  ])('is not carried out while an event of somebody else %s', async (_what, sql, outcome) => {
    const person = await arrive('person');
    const { id } = await requested(person);
    const tables = ['audit_event', 'audit_leaf'];
    for (const table of tables) await client.query(`CREATE TEMPORARY TABLE kept_${table} AS TABLE ${table}`);
    await alter(sql, [victim, person]);
    const tried = await carriedOut(id).then(({ state }) => state, String);
    expect(tried).toMatch(outcome);
    await alter(
      'UPDATE audit_event e SET actor_id = k.actor_id, actor_name = k.actor_name FROM kept_audit_event k WHERE k.id = e.id AND k.actor_id = $1',
      [victim],
    );
    await alter('INSERT INTO audit_leaf SELECT * FROM kept_audit_leaf ON CONFLICT DO NOTHING');
    for (const table of tables) await client.query(`DROP TABLE kept_${table}`);
    const erasure = tried === 'done' ? await privacy.find(id) : await carriedOut(id);
    expect(Object.values(erasure?.counts.events ?? {})).toEqual([{ actor: 1 }]);
    expect([await isPersonal(person), await isPersonal(victim)]).toEqual([false, true]);
    expect(await findings()).toEqual([]);
  });

  it('that another one was turned into is not begun', async () => {
    const withdrawn = await requested(victim);
    await client.query('CREATE TEMPORARY TABLE kept AS SELECT * FROM audit_erasure WHERE id = $1', [withdrawn.id]);
    expect(await privacy.withdraw(withdrawn.id)).toBe(true);
    const person = await arrive('person');
    const { id } = await requested(person);
    await alter('UPDATE audit_erasure SET act = (SELECT act FROM kept) WHERE id = $1', [id]);
    await privacy.begin(id);
    await alter('INSERT INTO audit_erasure SELECT * FROM kept');
    await client.query('DROP TABLE kept');
    expect(await done(id)).toMatchObject({ subjectId: person });
    expect([await isPersonal(victim), await isPersonal(person)]).toEqual([true, false]);
    await alter('DELETE FROM audit_erasure WHERE id = $1', [withdrawn.id]);
    expect(await findings()).toEqual([]);
  });

  const PROGRESS = 'UPDATE audit_erasure SET progress = $2 WHERE id = $1';
  const readProgress = async (id: string): Promise<unknown> =>
    (await database.superuserSql('SELECT progress FROM audit_erasure WHERE id = $1', [id]))[0]?.progress;

  it('whose progress was never committed is not carried out by it', async () => {
    const person = await arrive('person');
    const { id } = await requested(person);
    const erasing = await carriedOut(id, 'erasing');
    let stolen: unknown;
    const rolledBack = erasureSession.use((session) => {
      const run = session.inTransaction.bind(session);
      session.inTransaction = (work) =>
        run(async () => {
          await work();
          const [row] = await session.rows('SELECT progress FROM audit_erasure WHERE id = $1', [id]);
          stolen = row?.progress;
          throw new Error('rolled back');
        });
      return steps.advance(session, erasing);
    });
    await expect(rolledBack).rejects.toThrow();
    const before = await readProgress(id);
    await alter(PROGRESS, [id, stolen]);
    await expect(carriedOut(id)).rejects.toThrow('was never committed');
    expect(await isPersonal(person)).toBe(true);
    await alter(PROGRESS, [id, before]);
    expect(Object.values((await carriedOut(id)).counts.events)).toEqual([{ actor: 1 }]);
    expect(await isPersonal(person)).toBe(false);
  });

  it('that goes back to an earlier progress is finished with the counts of the acts', async () => {
    const { id } = await requested(await arrive('person'));
    await carriedOut(id, 'erasing');
    const earlier = await readProgress(id);
    await carriedOut(id, 'providers');
    await alter(PROGRESS, [id, earlier]);
    expect(Object.values((await carriedOut(id)).counts.events)).toEqual([{ actor: 1 }]);
    expect(await findings()).toEqual([]);
  });
});

describe('the certificate of an erasure', () => {
  it('is held against the acts, in the database and by whoever has both', async () => {
    const { id, certificate = '' } = first;
    const trust = { origin, keys: verifierKeys };
    await settled(database);
    const events = await database.sql(`SELECT details->>'act' AS act FROM audit_event WHERE details->>'act' <> ''`);
    const acts = events.map(({ act }) => String(act));
    expect(verifyCertificate(certificate, { ...trust, acts })).toMatchObject({ erasedEvents: 1 });
    for (const type of ['request', 'completion']) {
      const fewer = acts.filter((act) => !act.includes(`erasure_${type}`));
      expect(() => verifyCertificate(certificate, { ...trust, acts: fewer })).toThrow(
        expect.objectContaining({ code: 'AUDIT_CERTIFICATE_INVALID' }),
      );
    }
    const unsaid = acts.filter((act) => !(act.includes('"eventsDigest"') && act.includes(id)));
    expect(() => verifyCertificate(certificate, { ...trust, acts: unsaid })).toThrow(
      'the acts state other numbers of erased events',
    );

    const certified = (erasureId: string, by: string | undefined) =>
      whileAltered('UPDATE audit_erasure SET certificate = $2 WHERE id = $1', [erasureId, by], () => findings(client));
    for (const by of [second.certificate, undefined])
      expect(await certified(id, by)).toEqual([expect.stringContaining(`erasure_altered ${id}`)]);
    expect(await certified(open.id, certificate)).toEqual([
      expect.stringContaining('it has a certificate, but no act completed it'),
    ]);
  });

  it('of a repeated erasure is of the events that its act states alone', async () => {
    const person = await arrive('person');
    const readEvents = async (actor: unknown) =>
      (await database.sql('SELECT id FROM audit_event WHERE actor_id = $1', [actor])).map((row) => String(row.id));
    const undone = { id: uuidv7(), eventIds: await readEvents(person) };
    await erasureSession.use((session) =>
      planErasure(session, { id: person }, { by: DPO, reason: 'undone', startsAt: NEVER }, signer, undone),
    );
    const forged = [undone.id, (await readEvents(victim))[0]];
    await alter('INSERT INTO audit_erasure_list VALUES ($1, $2)', forged);
    await expect(carriedOut(undone.id)).rejects.toThrow('the list of events to erase does not match act');
    expect([await isPersonal(victim), await isPersonal(person)]).toEqual([true, true]);
    await alter('DELETE FROM audit_erasure_list WHERE erasure_id = $1 AND event_id = $2', forged);
    expect(Object.values((await carriedOut(undone.id)).counts.events)).toEqual([{ replayed: 1 }]);
    expect([await isPersonal(victim), await isPersonal(person)]).toEqual([true, false]);
  });

  it('leaves a warning where events of the person come back', async () => {
    const person = await arrive('person');
    await client.query(
      `CREATE TEMPORARY TABLE away AS SELECT ${GIVEN_COLUMNS} FROM audit_event WHERE actor_id = '${person}'`,
    );
    const { id } = await requested(person);
    await alter('DELETE FROM audit_event WHERE actor_id = $1', [person]);
    await carriedOut(id);
    await alter(`INSERT INTO audit_event (${GIVEN_COLUMNS}) SELECT * FROM away`);
    expect((await verified()).warnings).toContainEqual(
      expect.stringMatching(`^1 event\\(s\\) from before the erasure ${id} still`),
    );
  });
});

function fail(): never {
  throw new Error('The erasure was not requested.');
}
