import { describe, expect, it } from '@jest/globals';
import { AuditHistory, AuditPrivacy, AuditQuery } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../src/monitoring/store/schema/check-protection.js';
import { reconcileLedger } from '../../src/extensions/row-changes/reconcile/reconcile-ledger.js';
import { eventually, closeAfterTests, testDatabase } from '../support/index.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';

const ALL = { scope: 'all' } as const;
const BY = { by: { type: 'admin', id: 'a-1' }, reason: 'asked for' } as const;

const database = await testDatabase();
const scene = await closeAfterTests(startRowChanges(database, { bulkRows: 2 }));
const run = (statement: string) => database.sql(statement);
const superuser = (statement: string) => database.superuserSql(statement);
const privacy = scene.app.get(AuditPrivacy);
const isDone = (id: string) => eventually(async () => (await privacy.find(id))?.state === 'done');
const state = (type: string, id: string) => scene.app.get(AuditHistory).state(ALL, { type, id });
const imagesWith = async (text: string) => {
  const rows = await superuser('SELECT before::text || after::text AS said, after::text AS after FROM audit_row_image');
  return rows.filter(({ said, after }) => String(said ?? after).includes(text)).length;
};
const namedImages = async () =>
  (await findUnprotected(database.url)).filter((message) => message.includes('row images'));

await run(`CREATE TABLE bin (id int PRIMARY KEY, size int, ratio float8);
  CREATE TABLE ticket (id int PRIMARY KEY, note text, login jsonb);
  CREATE TABLE person (id text PRIMARY KEY, email text, city text);
  CREATE TABLE parcel (id int PRIMARY KEY, addressee text)`);
await captureTables(database.url, {
  ...{ 'public.bin': {}, 'public.ticket': {}, 'public.parcel': {} },
  'public.person': { resource: 'user' },
});

describe('the images of a bulk statement', () => {
  it('are the state, the blame and the changes of the events, though the events hold digests', async () => {
    await run('INSERT INTO bin SELECT n, n, n / 7e21 FROM generate_series(1, 4) n');
    await run('UPDATE bin SET size = size + 10, ratio = 1e22');
    await scene.events();
    const [{ ratio } = { ratio: undefined }] = await run('SELECT to_jsonb(ratio)::text AS ratio FROM bin WHERE id = 1');
    expect(await state('bin', '1')).toMatchObject({ exists: true, values: { id: 1, size: 11, ratio }, unknown: [] });
    const { fields } = await scene.app.get(AuditHistory).blame(ALL, { type: 'bin', id: '1' });
    const blamed = fields.map(({ field, event }) => `${field} ${event?.type}`);
    expect(blamed).toEqual(['id row_inserted', 'ratio row_updated', 'size row_updated']);
    const { items } = await scene.app.get(AuditQuery).history(ALL, { type: 'bin', id: '1' });
    expect(items[0]?.changes?.diff).toEqual(expect.arrayContaining([{ path: '/size', from: 1, to: 11 }]));
    expect(await superuser('SELECT FROM audit_event WHERE changes IS NOT NULL')).toEqual([]);
  });

  it('count no more once they are not those that the event seals, or are gone', async () => {
    const [event] = (await scene.app.get(AuditQuery).history(ALL, { type: 'bin', id: '2' })).items;
    expect(await namedImages()).toEqual([]);
    await superuser(`UPDATE audit_row_image SET after = after || '{"size": 99}' WHERE event_id = '${event?.id}'`);
    expect(await state('bin', '2')).toMatchObject({ values: null, unknown: [{ reason: 'images_apart' }] });
    expect(await namedImages()).toEqual([expect.stringContaining(String(event?.id))]);
    await superuser(`DELETE FROM audit_row_image WHERE event_id = '${event?.id}'`);
    expect(await state('bin', '2')).toMatchObject({ values: null, unknown: [{ reason: 'images_apart' }] });
    expect(await verifyLedger({ database: database.url })).toMatchObject({ findings: [] });
  });

  it('mask a secret as in any other event, by its look and by its name, and long texts stay whole', async () => {
    await run(
      `INSERT INTO ticket SELECT n, 'card 4111 1111 1111 1111' || repeat('.', 20000), '{"user": "ada", "password": "hunter2"}'
         FROM generate_series(1, 4) n`,
    );
    await scene.events();
    expect([await imagesWith('4111'), await imagesWith('hunter2')]).toEqual([0, 0]);
    const found = await state('ticket', '1');
    expect(found).toMatchObject({
      values: { login: { user: 'ada', password: '[REDACTED]' } },
      unknown: [{ reason: 'redacted', fields: ['login', 'note'] }],
    });
    expect(found.values?.note).toEqual(expect.stringMatching(/^card .*\.{20000}$/));
  });
});

it('a person in the images of bulk statements is told what they say, and is forgotten in them and in the outbox, and nobody else', async () => {
  await run(
    `INSERT INTO person SELECT 'p-' || n, 'person' || n || '@example.com', 'Bern' FROM generate_series(1, 4) n`,
  );
  await run(`INSERT INTO parcel SELECT n, 'to person' || n || '@example.com' FROM generate_series(1, 4) n`);
  await scene.events();
  const said: unknown[] = [];
  for await (const part of privacy.report({ id: 'p-2', identifiers: [] }))
    if (part.kind === 'event') said.push(part.event.changes);
  expect(said).toEqual([{ after: { id: 'p-2', city: 'Bern', email: 'person2@example.com' } }]);
  expect(await imagesWith('person2@')).toBe(2);
  await isDone((await privacy.erase({ id: 'p-2', identifiers: ['person2@example.com'] }, BY)).id);
  expect([await imagesWith('person2@'), await imagesWith('person3@')]).toEqual([0, 2]);
  expect(await state('user', 'p-2')).toMatchObject({ values: null, unknown: [{ reason: 'erased' }] });
  expect(await state('user', 'p-3')).toMatchObject({ values: { email: 'person3@example.com' } });
  expect(await verifyLedger({ database: database.url })).toMatchObject({ findings: [] });

  await superuser(`CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.category = 'data_change' THEN RAISE 'not now'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER a_hold BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION hold_back()`);
  await run(`UPDATE person SET city = 'Genf of person3' WHERE id IN ('p-1', 'p-3', 'p-4')`);
  await run(`UPDATE person SET city = 'Lugano of person3' WHERE id = 'p-3'`);
  const { id } = await privacy.erase({ id: 'p-3', identifiers: ['person3', 'person3@example.com'] }, BY);
  await eventually(async () => (await privacy.find(id))?.problem?.includes('row changes are waiting in the outbox'));
  await superuser('LOCK TABLE audit_event; DROP TRIGGER a_hold ON audit_event');
  await isDone(id);
  expect(await imagesWith('person3')).toBe(0);
  expect(
    await superuser(`SELECT id FROM audit_event e WHERE to_jsonb(e)::text LIKE '%person3%' AND type LIKE 'row\\_%'`),
  ).toEqual([]);
  expect(await superuser(`SELECT position FROM audit_row_change WHERE lines LIKE '%person3%'`)).toEqual([]);
  expect(await reconcileLedger({ database: database.url })).toMatchObject({ findings: [] });
});
