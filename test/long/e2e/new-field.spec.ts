import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ApiClient } from '../../support/api-client.js';
import { startAppProcess, type AppProcess } from '../../support/app-process.js';
import { eventually } from '../../support/eventually.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { ORIGIN } from '../../support/log-scene.js';
import { ADMIN } from '../../support/reference-app.js';
import { sampleEvent } from '../../support/sample-event.js';
import { runSql } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const LAYOUT = 'dist/src/modules/monitoring/sealing/event-layout.js';
const LINE = `{ column: 'channel', pointer: '/channel', kind: 'text', filter: 'text', says: 'Where it was done' },`;
const EVENT = { ...sampleEvent(), channel: 'kiosk' };

let folder = '';
let database: TestDatabase;
let environment: Record<string, string> = {};
let app: AppProcess;
let admin: ApiClient;

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env: environment });
  return stdout;
}

async function command(...args: readonly string[]): Promise<string> {
  return run(join(folder, 'dist/src/cli/main.js'), ...args);
}

async function exported(format: string): Promise<string> {
  const headers = { authorization: `Bearer ${admin.token}` };
  const response = await fetch(`${app.url}/audit/export?format=${format}&channel=kiosk`, { headers });
  return (await response.text()).trim();
}

/** A copy of the build with one more line in the layout, on a database with one more column: CONTRIBUTING, "A new field". */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-new-field-'));
  await cp('dist', join(folder, 'dist'), { recursive: true });
  await cp('package.json', join(folder, 'package.json'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const layout = await readFile(LAYOUT, 'utf8');
  const changed = layout.replace(/(export const EVENT_LAYOUT = \[.*?)\n\];/s, `$1\n${LINE}\n];`);
  expect(changed).toContain(LINE);
  await writeFile(join(folder, LAYOUT), changed);

  database = await createTestDatabase();
  await runSql(database.url, 'ALTER TABLE audit_event ADD COLUMN channel text');
  environment = {
    PATH: String(process.env.PATH),
    DATABASE_URL: database.url,
    AUDIT_SIGNING_KEY_FILE: freshKeyFile(),
    AUDIT_LEDGER_ORIGIN: ORIGIN,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  };
  await run(resolve('test/support/add-kiosk-event.mjs'), folder, JSON.stringify(EVENT));
  app = await startAppProcess(folder, environment, join(folder, 'dist/src/main.js'));
  admin = new ApiClient(app.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  await eventually(async () => {
    const { body } = await admin.send('GET', `/audit/events/${EVENT.id}`);
    return body.index !== undefined;
  });
});

afterAll(async () => {
  await app.end('SIGTERM');
  await database.drop();
  await rm(folder, { recursive: true });
});

describe('a field with one line in the layout', () => {
  it('is stored in its column', async () => {
    expect(await runSql(database.url, 'SELECT channel FROM audit_event WHERE channel IS NOT NULL')).toEqual([
      { channel: 'kiosk' },
    ]);
  });

  it('is sealed: a verification finds the ledger whole, and names the event when the field is changed', async () => {
    await run(join(folder, 'dist/src/cli/main.js'), 'verify');
    const change = (value: string) =>
      runSql(
        database.superuserUrl,
        `SET session_replication_role = replica; UPDATE audit_event SET channel = '${value}' WHERE id = '${EVENT.id}'`,
      );
    await change('web');
    await expect(command('verify')).rejects.toMatchObject({ stdout: expect.stringContaining(EVENT.id) as unknown });
    await change('kiosk');
    await command('verify');
  });

  it('has a filter, and can be picked, counted and read', async () => {
    const { body } = await admin.send('GET', '/audit/events?channel=kiosk&fields=id,channel');
    expect(body).toMatchObject({ items: [{ id: EVENT.id, channel: 'kiosk' }] });
    const none = await admin.send('GET', '/audit/events?channel=web');
    expect(none.body).toMatchObject({ items: [] });
    const counted = await admin.send('GET', '/audit/stats?by=channel');
    expect(JSON.stringify(counted.body)).toContain('"kiosk"');
    const one = await admin.send('GET', `/audit/events/${EVENT.id}`);
    expect(one.body).toMatchObject({ channel: 'kiosk' });
  });

  it('is in the exports', async () => {
    const lines = (await exported('jsonl')).split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ id: EVENT.id, channel: 'kiosk' }),
    ]);
    const [header, record] = (await exported('csv')).split('\r\n');
    expect(header).toMatch(/,truncated,compliance,channel$/);
    expect(record).toMatch(/,"kiosk"$/);
  });

  it("is in the API's description", async () => {
    const { body } = await admin.send<{
      readonly paths: Readonly<Record<string, { readonly get: { readonly parameters: readonly { name: string }[] } }>>;
      readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> };
    }>('GET', '/docs-json');
    const { paths, components } = body;
    expect(paths['/audit/events']?.get.parameters.map(({ name }) => name)).toContain('channel');
    expect(components.schemas.EventView?.properties).toMatchObject({ channel: { type: 'string' } });
  });

  it('is on the reference page', async () => {
    await cp('scripts/generate-event-fields.mjs', join(folder, 'scripts/generate-event-fields.mjs'));
    await mkdir(join(folder, 'docs/reference'), { recursive: true });
    await run('scripts/generate-event-fields.mjs');
    const page = await readFile(join(folder, 'docs/reference/event-fields.md'), 'utf8');
    expect(page.replaceAll(/ +/g, ' ')).toContain(
      '| `channel` | text | no | `channel` | `channel` | Where it was done |',
    );
  });
});
