import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogReader, verifyLedger, type Erasure } from '../../src/modules/monitoring/index.js';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

jest.setTimeout(180_000);

const NAME = 'Ottilie Quandt';
const EMAIL = 'ottilie.quandt@example.com';
const IP = '203.0.113.99';
const PASSWORD = 'a rather long secret';
const BROWSER = 'ottilie-browser/7.3';
/** What a client may write anywhere. */
const TEXT = `${NAME}, ${EMAIL}, from ${IP}`;

/** What an operator writes on purpose, and what would end the account before the end. */
const LEFT_OUT = new Set([
  'POST /audit/erasures',
  'POST /audit/holds',
  'POST /audit/holds/{id}/release',
  'DELETE /audit/holds/{id}/release',
  'DELETE /me',
  'DELETE /admin/users/{id}',
]);

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content?: { readonly 'application/json'?: { readonly schema?: Schema } } };
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

let database: TestDatabase;
let app: ReferenceApp;
let admin: ApiClient;
let person: ApiClient;
let personId: string;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'forgotten-'));
  app = await startReferenceApp(database.url, {
    TRUST_PROXY: '1',
    AUDIT_ARCHIVE_DIR: join(folder, 'archive'),
    AUDIT_CHECKPOINT_FILE: join(folder, 'checkpoint'),
    AUDIT_SIGNING_KEY_FILE: join(folder, 'key'),
    MAIL_DIR: join(folder, 'mails'),
  });
  admin = new ApiClient(app.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  person = new ApiClient(app.url, { 'user-agent': BROWSER, 'x-forwarded-for': IP });
  await person.logIn(EMAIL, PASSWORD, { 'x-request-id': EMAIL }); // before the account is there
  const account = { email: EMAIL, password: PASSWORD, name: NAME };
  personId = String((await person.send('POST', '/auth/register', account)).body.id);
  await person.logIn(EMAIL, PASSWORD);
});
afterAll(async () => {
  await app.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

/** A body of the schema's fields in which every text is this one. */
function bodyOf(schema: Schema | undefined, api: OpenApi, said: string): unknown {
  if (!schema) return undefined;
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return bodyOf(api.components?.schemas?.[name], api, said);
  if (schema.allOf) return bodyOf(schema.allOf[0], api, said);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'array') return [bodyOf(schema.items, api, said)];
  if (schema.type === 'number' || schema.type === 'integer') return 1;
  if (schema.type === 'boolean') return true;
  if (schema.type === 'string') return schema.format === 'uuid' ? personId : schema.format === 'email' ? EMAIL : said;
  const fields = Object.entries(schema.properties ?? {}).map(([field, inner]) => [field, bodyOf(inner, api, said)]);
  return Object.fromEntries(fields);
}

/** Calls every route that the application describes, with the person's data wherever a client can put any. */
async function callAll(): Promise<number> {
  const { body: api } = await person.send<OpenApi>('GET', '/docs-json');
  let calls = 0;
  for (const [pattern, operations] of Object.entries(api.paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      const route = `${method.toUpperCase()} ${pattern}`;
      if (LEFT_OUT.has(route) || pattern.includes('logout')) continue;
      const query = new URLSearchParams(
        parameters.filter((each) => each.in === 'query').map(({ name }): [string, string] => [name, TEXT]),
      );
      const { schema } = requestBody?.content?.['application/json'] ?? {};
      for (const id of [personId, encodeURIComponent(EMAIL)]) {
        const path = pattern.replaceAll(/\{\w+\}/g, id);
        for (const client of [new ApiClient(app.url, { 'x-forwarded-for': IP }), person, admin]) {
          // A setting, a shop or a product is of nobody: what an administrator calls it stays when a person goes.
          const isOfNobody = client === admin && !/user|member|order/.test(pattern);
          const body = bodyOf(schema, api, isOfNobody ? 'Corner shop' : TEXT) as object | undefined;
          for (const suffix of method === 'get'
            ? ['', `?${query.toString()}`, `?q=${encodeURIComponent(EMAIL)}`]
            : ['']) {
            await client
              .send(method.toUpperCase(), path + suffix, body, { 'x-request-id': EMAIL })
              .catch(() => undefined);
            calls++;
          }
        }
      }
      await admin.send('PUT', '/admin/maintenance', { enabled: false });
      if ((await person.send('GET', '/auth/me')).status !== 200) await person.logIn(EMAIL, PASSWORD);
      if ((await admin.send('GET', '/auth/me')).status !== 200) await admin.logIn(ADMIN.email, ADMIN.password);
    }
  }
  return calls;
}

const SOUGHT = [NAME, EMAIL, IP, BROWSER, 'Quandt'];

/** Where a text stands that names the person, in what is told of as `where`. */
function namedIn(text: string, where: string): readonly string[] {
  const lower = text.toLowerCase();
  return SOUGHT.filter((sought) => lower.includes(sought.toLowerCase())).map((sought) => `${where}: ${sought}`);
}

/** Every column of every row of every table of every schema. */
async function namedInTables(): Promise<readonly string[]> {
  const tables = await runSql(
    database.superuserUrl,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await runSql(database.superuserUrl, `SELECT row_to_json(t)::text AS text FROM ${String(name)} t`);
    for (const { text } of rows) found.push(...namedIn(String(text), `${String(name)} ${String(text).slice(0, 300)}`));
  }
  return found;
}

async function namedInFiles(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const root of [folder, app.spillDir]) {
    for (const file of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || file.parentPath.includes('mails')) continue; // a mail is the person's own
      const path = join(file.parentPath, file.name);
      found.push(...namedIn(await readFile(path, 'latin1'), path));
    }
  }
  return found;
}

async function namedInBundles(): Promise<readonly string[]> {
  const reader = app.app.get(LogReader, { strict: false });
  const { size = 0 } = (await verifyLedger({ database: database.url })) as { size?: number };
  const found: string[] = [];
  for (let from = 0; from < size; from += 256) {
    const entries = (await reader.findEntries(from, Math.min(from + 256, size))) ?? [];
    for (const entry of entries) {
      const text = Buffer.from(entry).toString();
      found.push(...namedIn(text, text.slice(0, 300)));
    }
  }
  return found;
}

async function namedInExport(): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${String(admin.token)}` };
  const found: string[] = [];
  for (const format of ['jsonl', 'csv']) {
    const response = await fetch(`${app.url}/audit/export?format=${format}`, { headers });
    expect(response.status).toBe(200);
    for (const line of (await response.text()).split('\n')) found.push(...namedIn(line, line.slice(0, 300)));
  }
  return found;
}

describe('a person who was erased', () => {
  it('is named in no table, file, bundle or export, whatever was said of them on every route', async () => {
    expect(await callAll()).toBeGreaterThan(200);
    expect((await namedInTables()).length).toBeGreaterThan(200);
    expect(await namedInBundles()).toEqual([]); // what is sealed never names anybody

    // What the routes did to the account: locked, deactivated, told to change its password.
    await runSql(
      database.url,
      `UPDATE auth_user SET active = true, locked_until = NULL, failed_logins = 0, password_change_required = false`,
    );
    const again = new ApiClient(app.url, { 'x-forwarded-for': '203.0.113.98' });
    expect(await again.logIn(EMAIL, PASSWORD)).toBe(200);
    expect((await again.send('DELETE', '/me')).status).toBe(204);
    const identifiers = [EMAIL, NAME, IP, BROWSER];
    const asked = { subjectId: personId, identifiers, reason: 'asked by letter' };
    const { body } = await admin.send<Erasure>('POST', '/audit/erasures', asked);
    await eventually(async () => {
      const { body: erasure } = await admin.send<Erasure>('GET', `/audit/erasures/${body.id}`);
      return erasure.state === 'done' && erasure;
    }, 60_000);

    expect(await namedInTables()).toEqual([]);
    expect(await namedInFiles()).toEqual([]);
    expect(await namedInBundles()).toEqual([]);
    expect(await namedInExport()).toEqual([]);
    expect(await verifyLedger({ database: database.url })).toMatchObject({ findings: [] });
  });
});
