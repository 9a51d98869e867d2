import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import ts from 'typescript';
import { startAppProcess } from '../../support/app-process.js';
import { eventually, settled, tempFolder } from '../../support/index.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { startReferenceApp } from '../../support/reference-app.js';
import { runBuilt } from '../../support/run-command.js';
import { createTestDatabase } from '../../support/test-database.js';

const NAME = '1790000000000-audit-site';

/** Compiles the example of a migration, for the folder of the migrations in the build. */
async function compiledExample(): Promise<string> {
  const text = await readFile(`test/support/next-version/${NAME}.ts`, 'utf8');
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2023 },
  });
  return outputText.replaceAll('../../../migrations/', './').replaceAll('../../../src/', '../src/');
}

/** What a maintainer writes for a field of the request, in the build: CONTRIBUTING explains the steps. */
const EDITS: readonly (readonly [file: string, before: RegExp, more: string])[] = [
  [
    'src/base/event/request-fields.js',
    /(?=\n\};\n\/\*\* The rows of)/,
    "\n  site: { column: 'site', limit: 64, scope: 'site', header: 'x-site', filter: 'text', says: 'Site', label: 'Site' },",
  ],
  ['migrations/audit-migrations.js', /^/, "import { AuditSite1790000000000 } from './1790000000000-audit-site.js';\n"],
  [
    'migrations/audit-migrations.js',
    /(?<=AUDIT_MIGRATIONS = \[AuditBaseline1763600000400)/,
    ', AuditSite1790000000000',
  ],
];

it('a new field of a released ledger is recorded beside the old events, and all of them verify', async () => {
  const database = await createTestDatabase();
  const folder = await tempFolder('audit-field-');
  const AUDIT_SIGNING_KEY_FILE = freshKeyFile();
  const environment = { DATABASE_URL: database.url, AUDIT_SIGNING_KEY_FILE, AUDIT_ROW_CHANGES: 'false' };
  const logIn = (url: string): Promise<Response> =>
    fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-site': 'berlin' },
      body: JSON.stringify({ email: 'nobody@example.com', password: 'wrong' }),
    });
  const before = await startReferenceApp(database.url, { AUDIT_SIGNING_KEY_FILE });
  await logIn(before.url);
  await settled(database);
  await before.close();

  for (const part of ['src', 'migrations', 'viewer'])
    await cp(resolve('dist', part), join(folder, 'dist', part), { recursive: true });
  await cp('package.json', join(folder, 'package.json'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, `dist/migrations/${NAME}.js`), await compiledExample());
  for (const [file, before, more] of EDITS) {
    const path = join(folder, 'dist', file);
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(before);
    await writeFile(path, text.replace(before, more));
  }
  const after = await startAppProcess(folder, environment, join(folder, 'dist/src/shop/main.js'));
  await logIn(after.url);
  await settled(database);
  await after.end('SIGTERM');

  const FAILED = `SELECT site FROM audit_event WHERE type = 'user_login_failed' ORDER BY id`;
  await eventually(async () => (await database.sql(FAILED)).length === 2);
  expect(await database.sql(FAILED)).toEqual([{ site: null }, { site: 'berlin' }]);
  const place = { cwd: folder, env: environment, main: join(folder, 'dist/src/cli/main.js') };
  const verified = await runBuilt(['verify', '--json', '--database-url', database.url], place);
  expect(JSON.parse(verified.output)).toMatchObject({ verdict: 'sound' });
  const exported = await runBuilt(
    ['export', '--format', 'csv', '--output', 'events.csv', '--database-url', database.url],
    place,
  );
  expect(exported.errors).toBe('');
  const [head = ''] = (await readFile(join(folder, 'events.csv'), 'utf8')).split('\n');
  expect(head).toMatch(/,site\r?$/);
  await database.drop();

  const old = await createTestDatabase({ empty: true });
  const migrate = async (main?: string) =>
    runBuilt(['migrate', '--database-url', old.url], { cwd: folder, env: {}, ...(main && { main }) });
  expect((await migrate()).output).toMatch(
    /^Made the tables, functions and roles of the ledger\.\nMigrated: AuditBaseline\d+\n/,
  );
  expect((await migrate(place.main)).output).toMatch(
    /^Added the column site to audit_event\. .+\nMigrated: AuditSite1790000000000\n/,
  );
  expect((await migrate(place.main)).output).toMatch(/^Nothing to do: the schema is up to date\.\n/);
  expect((await runBuilt(['verify', '--database-url', old.url], place)).errors).not.toMatch(/differ|weak|missing/i);
  await old.drop();
});
