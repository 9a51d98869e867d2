import { afterAll, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { buildCatalogueFactRules } from '../../../src/audit/nest-free.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { verifyCertificate } from '../../../src/monitoring/index.js';
import { makeKeyFile, readKeyFile } from '../../../src/monitoring/proof/signing/signing-key-file.js';
import { STORED_EVENTS, storeEvents } from '../../support/stored-events.js';
import {
  eventually,
  makeSequencer,
  makeSigner,
  ORIGIN,
  sampleEvent,
  tempFolder,
  withClient,
  testDatabase,
} from '../../support/index.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { findInDatabase } from '../../support/find-in-database.js';

const POINTS = [
  'planned',
  'before the commit of erasing',
  'a page erased',
  'before the commit of searching',
  'letters erased',
  'the event recorded',
  'before sealing',
] as const;

/** More events than a page of an erasure. */
const OWN = 1_100;
const NAMING = 3;
const OTHERS = 200;
const children = new Set<ChildProcess>();

const buildSubject = (nth: number) => ({ id: `person-${nth}`, identifiers: [`p${nth}@example.com`] });
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

const othersAsTheyAre = () =>
  database.sql(`SELECT md5(string_agg(e::text, '' ORDER BY id)) AS hash FROM audit_event e WHERE actor_id = 'u-1'`);

const database = await testDatabase();
const keyFile = freshKeyFile();
await makeKeyFile(keyFile, ORIGIN);
const spillDir = await tempFolder('audit-spill-');
await withClient(database.url, async (client) => {
  const add = (events: readonly ReturnType<typeof sampleEvent>[]) =>
    storeEvents(client, events, () => buildCatalogueFactRules());
  for (const nth of POINTS.keys()) {
    const { id, identifiers } = buildSubject(nth);
    const actor = { type: 'user', id, name: `The person ${nth}.` } as const;
    await add(Array.from({ length: OWN }, () => sampleEvent({ actor })));
    const anonymous = { actor: { type: 'anonymous' }, details: { email: identifiers[0] ?? '' } } as const;
    await add(Array.from({ length: NAMING }, () => sampleEvent(anonymous)));
  }
  await add(Array.from({ length: OTHERS }, () => sampleEvent({ details: { email: 'xp0@example.com' } })));
  await client.query('CREATE TABLE letter (person text, text text)');
  for (const nth of POINTS.keys()) {
    await client.query('INSERT INTO letter VALUES ($1, $2)', [buildSubject(nth).id, `Dear person ${nth}.`]);
  }
});
await sealAll();
const untouched = await othersAsTheyAre();

async function sealAll(): Promise<void> {
  const { sequencer } = makeSequencer(database.url, await makeSigner(keyFile));
  await sequencer.run();
  await sequencer.stop();
  await sequencer.finish();
}

/** A page, its list and its act are one transaction, so the erased events are those that acts list. The act may wait to be sealed. */
async function erasedAndSigned(): Promise<unknown> {
  const [row] =
    await database.superuserSql(`WITH erased AS (SELECT id FROM audit_event WHERE personal_commitment IS NOT NULL AND personal_salt IS NULL)
     SELECT (SELECT array_agg(id ORDER BY id) FROM erased)
              IS NOT DISTINCT FROM (SELECT array_agg(event_id ORDER BY event_id) FROM audit_erased) AS "isSame",
            (SELECT array_agg((details->>'events')::bigint ORDER BY id) FROM ${STORED_EVENTS} WHERE type = 'audit_events_erased')
              IS NOT DISTINCT FROM
            (SELECT array_agg(n ORDER BY act) FROM (SELECT act, count(*) AS n FROM audit_erased GROUP BY act) page) AS "isPaged"`);
  return row;
}

async function work(nth: number, point?: string): Promise<void> {
  const options = { connectionUrl: database.url, signingKeyFile: keyFile, origin: ORIGIN, spillDir };
  const argument = JSON.stringify({ ...options, subject: buildSubject(nth), point });
  const child = spawn(process.execPath, ['test/support/erasure-worker.mjs', argument], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  const ended = once(child, 'exit');
  if (point === undefined) {
    await eventually(async () => {
      const sql = `SELECT count(*)::int AS open FROM audit_erasure WHERE identifiers IS NOT NULL`; // they go when it is done
      return (await database.sql(sql))[0]?.open === 0;
    });
    child.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null]; // as the event of a process has it
  expect(signal).toBe('SIGKILL');
}

it('an erasure whose process is killed is finished after the restart, whatever it was doing: once, and of nobody else', async () => {
  const { verifiers, verifierKeys: keys } = await readKeyFile(keyFile, ORIGIN);
  const trust = { origin: ORIGIN, keys: verifiers };
  for (const [nth, point] of POINTS.entries()) {
    await work(nth, point);
    expect([point, await erasedAndSigned()]).toEqual([point, { isSame: true, isPaged: true }]);
    expect([point, await verifyLedger({ database: database.url, trust })]).toMatchObject([point, { findings: [] }]);
  }
  await work(0); // the person is erased by now: another erasure that finds nothing
  await sealAll();

  for (const nth of POINTS.keys()) {
    const { id } = buildSubject(nth);
    const erasures = await database.sql('SELECT * FROM audit_erasure WHERE subject = $1 ORDER BY id', [id]);
    const certificate = verifyCertificate(String(erasures[0]?.certificate), { origin: ORIGIN, keys });
    expect([nth, certificate.erasedEvents]).toEqual([nth, OWN + NAMING]);
    expect(erasures).toHaveLength(nth === 0 ? 2 : 1);
    expect(erasures.map(({ identifiers }) => identifiers)).toEqual(erasures.map(() => null));
    const events = await database.sql(
      `SELECT id FROM audit_event WHERE type = 'audit_subject_erased' AND resource_id = $1 ORDER BY id`,
      [id],
    );
    const reported = erasures.map(
      ({ certificate: each }) => verifyCertificate(String(each), { origin: ORIGIN, keys }).event.id,
    );
    expect(events.map(({ id: eventId }) => eventId)).toEqual(reported);
  }
  const texts = [...POINTS.keys()].flatMap((nth) => [`person ${nth}.`, `"p${nth}@example.com`]);
  expect(await findInDatabase(database.url, texts)).toEqual([]);
  expect(await othersAsTheyAre()).toEqual(untouched);
  const erased = POINTS.length * (OWN + NAMING);
  expect(await verifyLedger({ database: database.url, trust })).toMatchObject({ verdict: 'sound', erased });
});
