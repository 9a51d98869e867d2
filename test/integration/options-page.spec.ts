import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);

describe('docs/reference/options.md', () => {
  it('is what the source makes of it', async () => {
    await expect(run(process.execPath, ['scripts/generate-options.mjs', '--check'])).resolves.toBeDefined();
  }, 60_000);

  it('shows name, type, default and meaning of an option', async () => {
    const rows = (await readFile('docs/reference/options.md', 'utf8'))
      .split('\n')
      .map((row) => row.replace(/ +/g, ' '));

    expect(rows).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\| `providerTimeoutMs` \| `number` \| `5000` \| How long an operation waits/),
        expect.stringMatching(/^\| `AUDIT_ON_FAILURE` \| `'open' \\\| 'closed'` \| `'open'` \| Whether/),
        expect.stringMatching(/^\| `connectionUrl` \| `string` \| required \| Where/),
      ]),
    );
  });
});
