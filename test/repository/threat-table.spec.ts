import { expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const GUIDE = 'docs/reference/threats.md';
const NAMED = /^`(?<file>[\w/-]+)`: (?<test>.+)$/;

async function readThreats(): Promise<readonly (readonly string[])[]> {
  const [, section = ''] = (await readFile(GUIDE, 'utf8')).split('## Who can do what, and when it is noticed');
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  ); // behind its head
}

function toPath(file: string): string {
  if (file.startsWith('tamperings/')) return `test/integration/${file}.ts`;
  return `test/${file.includes('/') ? file : `integration/${file}`}.spec.ts`;
}

it('the table of threats names for each the test that shows it, or says that nothing names it', async () => {
  const threats = await readThreats();
  expect(threats.length).toBeGreaterThan(15);
  const wrong: string[] = [];
  for (const cells of threats) {
    const namedBy = cells.at(-1) ?? '';
    if (namedBy === 'nothing') continue;
    const { file, test } = NAMED.exec(namedBy)?.groups ?? {};
    const path = toPath(file ?? '');
    const isThere = test !== undefined && existsSync(path) && (await readFile(path, 'utf8')).includes(test);
    if (!isThere) wrong.push(namedBy);
  }
  expect(wrong).toEqual([]);
});
