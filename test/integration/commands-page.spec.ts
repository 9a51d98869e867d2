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
    const sections = new Map(
      (await readFile(PAGE, 'utf8'))
        .split('\n## ')
        .map((section) => [section.slice(0, section.indexOf('\n')), section]),
    );
    const shared = `${sections.get('Every command') ?? ''}${sections.get('Connection') ?? ''}`;
    for (const [name, { load }] of COMMANDS) {
      const section = sections.get(name) ?? '';
      for (const { long } of (await load()).describe().options) {
        expect([name, `${section}${shared}`]).toEqual([name, expect.stringContaining(String(long))]);
      }
      expect([name, section]).toEqual([name, expect.stringMatching(/Examples:[^]*Exit code: 0/)]);
    }
  });
});
