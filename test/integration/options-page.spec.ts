import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';

// That the page is what the source makes of it, the gate compares: `npm run docs -- --check`.
describe('docs/reference/options.md', () => {
  it('shows name, type, default and meaning of an option', async () => {
    const rows = (await readFile('docs/reference/options.md', 'utf8'))
      .split('\n')
      .map((row) => row.replace(/ +/g, ' '));

    expect(rows).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\| `providerTimeoutMs` \| `number` \| `5000` \| How long an operation waits/),
        expect.stringMatching(/^\| `AUDIT_ON_FAILURE` \| `'open' \\\| 'closed'` \| `'open'` \| What happens/),
        expect.stringMatching(/^\| `connectionUrl` \| `string` \| required \| The PostgreSQL/),
      ]),
    );
  });
});
