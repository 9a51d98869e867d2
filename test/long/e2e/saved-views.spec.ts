import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { SavedView } from '../../../src/rooms/viewer/views/view.dto.js';
import { ApiClient, eventually, kept, testDatabase } from '../../support/index.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';

const PASSWORD = 'correct horse battery';

interface Views {
  readonly items: readonly SavedView[];
}
/** Ada and Ben read the store, Cy another one too, Dee only what is about her. */
const readers: Record<'ada' | 'ben' | 'cy' | 'dee', ApiClient> = {} as never; // filled before the first test
const ids: Record<string, string> = {};

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
for (const name of ['ada', 'ben', 'cy', 'dee'] as const) {
  const client = new ApiClient(app.url);
  const account = { email: `${name}@example.com`, password: PASSWORD };
  ids[name] = String((await client.send('POST', '/auth/register', { ...account, name })).body.id);
  await client.logIn(account.email, account.password);
  readers[name] = client;
}
for (const members of [['ada', 'ben', 'cy'], ['cy']]) {
  const { body } = await admin.send('POST', '/admin/stores', { name: `Of ${members.join()}` });
  const store = `/admin/stores/${String(body.id)}`;
  await admin.send('PUT', `${store}/roles/auditor/permissions`, { permissions: ['read_audit_log'] });
  for (const name of members) {
    await admin.send('POST', `${store}/members`, { userId: ids[name], role: 'auditor' });
  }
}

async function save(reader: ApiClient, view: object): Promise<SavedView> {
  const { status, body } = await reader.send<SavedView>('POST', '/audit/views', view);
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

async function namesOf(reader: ApiClient): Promise<readonly string[]> {
  const { body } = await reader.send<Views>('GET', '/audit/views');
  return body.items.map(({ name }) => name);
}

describe('/audit/views', () => {
  it('keeps a view for its owner, renames and deletes it, each once and as an event', async () => {
    const view = { name: 'Denied', query: 'outcome=denied&order=asc' };
    const saved = await save(admin, view);
    expect(saved).toMatchObject({ ...view, shared: false, isOwn: true });
    expect(await save(admin, view)).toEqual(saved);
    const path = `/audit/views/${saved.id}`;
    const renamed = { ...view, name: 'Refused', shared: true };
    for (let time = 0; time < 2; time++) {
      expect(await admin.send('PUT', path, renamed)).toMatchObject({ status: 200, body: renamed });
    }
    expect(await namesOf(admin)).toEqual(['Refused']);
    for (let time = 0; time < 2; time++) expect((await admin.send('DELETE', path)).status).toBe(204);
    expect(await namesOf(admin)).toEqual([]);
    const events = await admin.events(`resourceType=audit_view&resourceId=${saved.id}&order=asc`);
    expect(events.map(({ type, details }) => [type, details])).toEqual([
      ['audit_view_saved', { viewName: 'Denied', viewQuery: view.query, shared: false }],
      ['audit_view_saved', { viewName: 'Refused', viewQuery: view.query, shared: true }],
      ['audit_view_deleted', { viewName: 'Refused', viewQuery: view.query, shared: true }],
    ]);
  });

  it('saves one view when it is asked twice at the same time', async () => {
    const view = { name: 'At once', query: '' };
    const saved = await Promise.all([save(admin, view), save(admin, view), save(admin, view)]);
    expect(new Set(saved.map(({ id }) => id)).size).toBe(1);
    await admin.send('DELETE', `/audit/views/${saved[0].id}`);
  });

  it('shows shared views to those with the same access, and to nobody else', async () => {
    const { ada, ben, cy, dee } = readers;
    await save(admin, { name: 'of the administrator', query: '', shared: true });
    await save(ada, { name: 'shared by Ada', query: '', shared: true });
    await save(ada, { name: "Ada's own", query: '' });
    await save(cy, { name: 'shared by Cy', query: '', shared: true });
    await save(dee, { name: "Dee's own", query: '' });
    expect(await namesOf(admin)).toEqual(['of the administrator']);
    expect(await namesOf(ada)).toEqual(["Ada's own", 'shared by Ada']);
    expect(await namesOf(ben)).toEqual(['shared by Ada']);
    expect(await namesOf(cy)).toEqual(['shared by Ada', 'shared by Cy']); // of a store that Ada does not see, too
    expect(await namesOf(dee)).toEqual(["Dee's own"]);
    expect((await dee.send('POST', '/audit/views', { name: 'x', query: '', shared: true })).status).toBe(403);
  });

  it('lets nobody share a view of no tenant, which every tenant would see', async () => {
    const insert = `INSERT INTO audit_view (id, owner_id, scope, scope_of, name, query, is_shared)
                    VALUES (gen_random_uuid(), 'x', 'tenants', '{}', 'for all', '', `;
    await expect(database.superuserSql(`${insert} true)`)).rejects.toThrow('audit_view_check');
    await database.superuserSql(`${insert} false)`);
    expect(await namesOf(readers.ada)).not.toContain('for all');
    await database.superuserSql(`DELETE FROM audit_view WHERE owner_id = 'x'`);
  });

  it('saves what many requests of a person bring at once, with one connection that waits for its turn', async () => {
    const { dee } = readers;
    const names = Array.from({ length: 90 }, (_, number) => `of many ${number}`);
    let most = 0;
    const state = { isSaving: true };
    const counting = (async () => {
      while (state.isSaving) {
        const [row] =
          await database.superuserSql(`SELECT count(*)::int AS turns FROM pg_locks JOIN pg_database ON pg_database.oid = database
            WHERE locktype = 'advisory' AND classid = 7362000 AND datname = current_database()`);
        most = Math.max(most, Number(row?.turns));
      }
    })();
    const saved = await Promise.all(names.map((name) => save(dee, { name, query: '' })));
    state.isSaving = false;
    await counting;
    expect(saved.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(most).toBeLessThanOrEqual(1);
    await database.superuserSql(`DELETE FROM audit_view WHERE name LIKE 'of many %'`);
  });

  it('lets nobody change the view of somebody else', async () => {
    const view = await save(readers.ada, { name: 'Hands off', query: 'type=a', shared: true });
    const path = `/audit/views/${view.id}`;
    for (const other of [readers.ben, admin]) {
      expect((await other.send('PUT', path, { name: 'Mine', query: '' })).status).toBe(404);
      expect((await other.send('DELETE', path)).status).toBe(204);
    }
    expect(await namesOf(readers.ben)).toContain('Hands off');
  });

  it.each([
    { name: '', query: '' },
    { name: ' x', query: '' },
    { name: 'x'.repeat(101), query: '' },
    { name: 'x', query: 'y'.repeat(4_001) },
    { name: 'x', query: '?a=b' },
    { name: 'x', query: 'a b' },
    { name: 'x' },
    { name: 'x', query: '', shared: 'yes' },
    { name: 'x', query: '', owner: 'ada' },
  ])('refuses %j', async (view) => {
    expect((await admin.send('POST', '/audit/views', view)).status).toBe(400);
    expect((await admin.send('PUT', `/audit/views/${randomUUID()}`, view)).status).toBe(400);
  });

  it('refuses a name that is taken, and more views than anybody may have', async () => {
    const one = await save(readers.ben, { name: 'one', query: 'type=a' });
    const conflict = { status: 409, body: { code: 'AUDIT_VIEW_CONFLICT' } };
    expect(await readers.ben.send('POST', '/audit/views', { name: 'one', query: '' })).toMatchObject(conflict);
    await save(readers.ben, { name: 'two', query: '' });
    const path = `/audit/views/${one.id}`;
    expect(await readers.ben.send('PUT', path, { name: 'two', query: '' })).toMatchObject(conflict);
    await database.superuserSql(`INSERT INTO audit_view (id, owner_id, scope, scope_of, name, query, is_shared)
       SELECT gen_random_uuid(), owner_id, scope, scope_of, 'more ' || number, '', false
         FROM audit_view, generate_series(1, 98) number WHERE id = '${one.id}'`);
    expect(await readers.ben.send('POST', '/audit/views', { name: 'too many', query: '' })).toMatchObject(conflict);
  });

  it('forgets the views of a person who is erased, and those of others that name them', async () => {
    await save(readers.cy, { name: 'Zoo', query: `actorId=${String(ids.dee)}` });
    await save(readers.cy, { name: 'Mails to dee@example.com', query: '' });
    await save(readers.cy, { name: 'Mails to somebody else', query: '' });
    const request = { subjectId: ids.dee, reason: 'asked', identifiers: ['dee@example.com'] };
    const { body } = await admin.send('POST', '/audit/erasures', request);
    await eventually(async () => (await admin.send('GET', `/audit/erasures/${String(body.id)}`)).body.state === 'done');
    const left = await database.superuserSql('SELECT name, owner_id FROM audit_view ORDER BY name');
    expect(left.map(({ owner_id: owner }) => owner)).not.toContain(ids.dee);
    expect(await namesOf(readers.cy)).toEqual(['Hands off', 'Mails to somebody else', 'shared by Ada', 'shared by Cy']);
  });
});
