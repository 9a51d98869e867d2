import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

/** Matches a code block whose first line names the block's file. */
const BLOCK = /```(?:ts|js)\n\/\/ (\S+)\n([^]*?)```/g;

it('docs/guides/quick-start.md shows the code of the applications that test/long/compat installs the library into', async () => {
  const guide = await readFile('docs/guides/quick-start.md', 'utf8');
  const blocks = [...guide.matchAll(BLOCK)];
  expect(blocks.length).toBe(guide.match(/```(ts|js)/g)?.length);
  for (const [, path = '', code = ''] of blocks) {
    expect(await readFile(join('test/long/compat', path), 'utf8')).toContain(code);
  }
});
