import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as prettier from 'prettier';
import { COMMANDS } from '../../src/cli/commands.js';

const PAGE = 'docs/reference/commands.md';

describe('the definitions of the commands', () => {
  it(`make ${PAGE}; npm run docs:commands writes it`, async () => {
    const script = `
      const { COMMANDS } = await import('./dist/src/cli/commands.js');
      const { commandsPage } = await import('./scripts/commands-page.mjs');
      console.log(await commandsPage(COMMANDS));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const options = { ...(await prettier.resolveConfig(PAGE)), parser: 'markdown' };
    expect(await readFile(PAGE, 'utf8')).toBe(await prettier.format(stdout, options));
  });

  it('are all on that page, each with its options, examples and exit codes', async () => {
    const page = await readFile(PAGE, 'utf8');
    for (const [name, { load }] of COMMANDS) {
      const section = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
      for (const { long } of (await load()).describe().options) {
        expect([name, section + (page.split('\n## Connection\n')[1] ?? '').split('\n## ')[0]]).toEqual([
          name,
          expect.stringContaining(String(long)),
        ]);
      }
      expect([name, section]).toEqual([name, expect.stringMatching(/Examples:[^]*Exit code: 0/)]);
    }
  });
});
