import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { destinationTypeOf, type DestinationOptions } from '../../src/rooms/streams/destinations/destination-types.js';

async function destinationRows(): Promise<readonly (readonly [string, string, string])[]> {
  const page = await readFile('docs/reference/options.md', 'utf8');
  const sections = [...page.matchAll(/, destination `(\w+)`\n(.*?)(?=\n## )/gs)];
  return sections.flatMap(([, kind = '', text = '']) =>
    [...text.matchAll(/^\| `(\w+)` .*\| ([^|]*)\|$/gm)].map(
      ([, name = '', change = '']) => [kind, name, change.trim()] as const,
    ),
  );
}

it('docs/reference/options.md says of each destination what it takes, and of each secret that it is one', async () => {
  const rows = await destinationRows();

  expect(new Set(rows.map(([kind]) => kind)).size).toBe(8);
  for (const [type, name, change] of rows.filter(([, option]) => option !== 'type')) {
    const { names } = destinationTypeOf({ type } as DestinationOptions); // the page names the types
    expect([type, name, change.startsWith('secret')]).toEqual([type, name, names[name] === 'secret']);
  }
});
