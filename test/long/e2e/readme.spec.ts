import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startAppProcess } from '../../support/app-process.js';
import { eventually, testDatabase } from '../../support/index.js';
import { compileGuideApplication } from '../../support/guide-application.js';
import { runGuideScript } from '../../support/guide-scripts.js';

const readme = await readFile('README.md', 'utf8');

const block = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? '';

const inlineCommand = (words: string) => new RegExp(`\`(${words}[^\`]*)\``).exec(readme)?.[1] ?? '';

const application = await compileGuideApplication(readme);
const database = await testDatabase({ empty: true });

describe('the application that the README begins with', () => {
  it('installs all that it imports, and the tarball that `npm run package` makes', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    const [, packed, installed] = /npm run package --prefix (.*)\nnpm install (.*)/.exec(block('sh')) ?? [];

    expect(installed?.split(' ')).toEqual([`${String(packed)}/nestjs-audit-ledger-${version}.tgz`, 'pg']);
  });

  it('compiles, as the same with a wrong name does not', async () => {
    const wrong = await compileGuideApplication(readme.replace('  authorize,\n', '  authorise: authorize,\n'));
    await rm(wrong.folder, { recursive: true });

    expect(application.problems).toEqual([]);
    expect(wrong.problems).toEqual([expect.stringContaining("'authorize' is missing")]);
  });

  it('records the event that is shown', async () => {
    const environment = { DATABASE_URL: database.url, AUDIT_WRITER_KEY: '' }; // the key is in .data
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

      const proof = block('bash').replace(/.* doctor .*/, '');
      expect(await runGuideScript(proof, application.folder, environment)).toMatchObject({
        code: 0,
        output: expect.stringMatching(/sound[^]*sound/) as unknown,
      });
    } finally {
      await app.end('SIGTERM');
    }
  });
});

function withoutChance(event: unknown): unknown {
  return JSON.parse(JSON.stringify(event), (key, value: unknown) =>
    ['id', 'occurredAt', 'durationMs', 'userAgent'].includes(key) && value !== 'order-1' ? typeof value : value,
  );
}
