import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import * as destinations from '../../src/rooms/streams/destinations/all-destinations.js';

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

  const kinds = new Map(Object.values(destinations).map(({ kind }) => [kind.type, kind]));
  expect(new Set(rows.map(([kind]) => kind))).toEqual(new Set(kinds.keys()));
  for (const [type, name, change] of rows.filter(([, option]) => option !== 'type')) {
    expect([type, name, change.startsWith('secret')]).toEqual([type, name, kinds.get(type)?.names[name] === 'secret']);
  }
});
