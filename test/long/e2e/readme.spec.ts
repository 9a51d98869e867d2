import { execFile } from 'node:child_process';
import { readFile, rm, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAppProcess, type AppProcess } from '../../support/app-process.js';
import { eventually } from '../../support/eventually.js';
import { compileGuideApplication, type GuideApplication } from '../../support/guide-application.js';
import { runGuideScript } from '../../support/guide-scripts.js';
import { isLeftOut, makeFolder, psqlProgram } from '../../support/installed-servers.js';
import { runSql } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

let readme: string;
beforeAll(async () => {
  readme = await readFile('README.md', 'utf8');
});

const block = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? '';

/** The command in backticks that begins with these words. */
const inlineCommand = (words: string) => new RegExp(`\`(${words}[^\`]*)\``).exec(readme)?.[1] ?? '';

const psql = psqlProgram();

describe('the README', () => {
  let app: AppProcess;
  let folder: string;

  beforeAll(async () => {
    const password = /ADMIN_PASSWORD='([^']+)' npm start/.exec(readme)?.[1] ?? '';
    folder = await makeFolder('audit-readme-');
    app = await startAppProcess(folder, { ADMIN_PASSWORD: password });
    const address = (await readFile(join(folder, '.data/pg/superuser.url'), 'utf8'))
      .trim()
      .replace(/\/postgres$/, '/app');
    // An event of the start, which a reader who types is not as fast as.
    await eventually(async () => {
      const attested = `SELECT FROM audit.audit_event WHERE type = 'audit_capture_attested'`;
      return (await runSql(address, attested)).length > 0;
    });
  });
  afterAll(async () => {
    await app.end('SIGTERM');
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  (isLeftOut('psql', psql) ? it.skip : it)(
    'has a walk-through that prints what it says',
    async () => {
      const [before = '', query = ''] = block('bash').replace('http://localhost:3000', app.url).split('sleep 1 && ');
      // A captured change is an event a moment later.
      const script = `${before}for n in $(seq 300); do seen=$(${query.trimEnd()}); case $seen in row_*) break;; esac; sleep 0.1; done; echo "$seen"`;
      const shown = block('text').trimEnd();
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: folder,
        env: { ...process.env, PATH: `${dirname(psql ?? '')}${delimiter}${process.env.PATH}` },
      });

      expect(
        stdout
          .trimEnd()
          .split('\n')
          .slice(-shown.split('\n').length)
          .map((line) => line.trimEnd())
          .join('\n'),
      ).toBe(shown);
    },
    120_000,
  );

  it('is at most two screens long, and links to what is there', async () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(110);
    for (const [, path] of readme.matchAll(/\]\(([^)#:]+)\)/g)) await stat(String(path));
  });
});

describe('the application that the README begins with', () => {
  let application: GuideApplication;
  let database: TestDatabase;

  beforeAll(async () => {
    application = await compileGuideApplication(readme);
    database = await createTestDatabase({ empty: true });
  });
  afterAll(async () => {
    await database.drop();
    await rm(application.folder, { recursive: true });
  });

  it('installs all that it imports', () => {
    const installed = /npm install (.*)/.exec(block('sh'))?.[1]?.split(' ');

    expect(installed).toEqual(expect.arrayContaining(['nestjs-audit-ledger', '@nestjs/swagger', 'pg']));
  });

  it('compiles, as the same with a wrong name does not', async () => {
    const wrong = await compileGuideApplication(readme.replace('authorize });', 'authorise: authorize });'));
    await rm(wrong.folder, { recursive: true });

    expect(application.problems).toEqual([]);
    expect(wrong.problems).toEqual([expect.stringContaining("'authorize' is missing")]);
  });

  it('records the event that is shown', async () => {
    const environment = { DATABASE_URL: database.url };
    const migrate = /npx nestjs-audit-ledger migrate.*/.exec(block('sh'))?.[0] ?? '';
    expect(await runGuideScript(migrate, application.folder, environment)).toMatchObject({ code: 0 });
    const app = await startAppProcess(application.folder, environment, join(application.folder, 'main.js'));
    try {
      const post = inlineCommand('curl ').replace('localhost:3000', app.url);
      expect(await runGuideScript(`${post} -s`, application.folder, {})).toEqual({
        code: 0,
        output: '{"id":"order-1","sku":"tea"}',
      });
      const query = inlineCommand('npx nestjs-audit-ledger query');
      const sealed = await eventually(async () => {
        const { output } = await runGuideScript(query, application.folder, environment);
        const { items } = JSON.parse(output) as { items: readonly { type: string; index?: number }[] };
        return items.find(({ type, index }) => type === 'order_created' && index !== undefined);
      });
      expect(withoutChance(sealed)).toEqual(withoutChance(JSON.parse(block('json'))));
    } finally {
      await app.end('SIGTERM');
    }
  });
});

/** An event with what differs from one run to the next replaced by its type. */
function withoutChance(event: unknown): unknown {
  return JSON.parse(JSON.stringify(event), (key, value: unknown) =>
    ['id', 'occurredAt', 'durationMs', 'userAgent'].includes(key) && value !== 'order-1' ? typeof value : value,
  );
}
