import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { inspectAll } from './find-violations.js';
import { SOURCE_RULES } from './source-rules.js';

/* Each rule has a fixture folder of its name. Only the files named violating-… break the rule, and no file breaks another rule. */

const FIXTURES = 'test/architecture/fixtures';

const { ruleSet } = await extractOptions(resolve('.dependency-cruiser.mjs'));
const COMMENTS = new Map(
  [...(ruleSet?.forbidden ?? []), ...SOURCE_RULES].map(({ name = '', comment = '' }) => [name, comment]),
);
const RULES = [...COMMENTS].map(([name, comment]) => ({ name, comment }));

const names = RULES.map(({ name }) => name);
const [first, ...others] = await inspectAll(['.', ...names.map((name) => join(FIXTURES, name))]);
if (first === undefined) throw new Error('one inspection for each root');
const real = first;
const fixtures = new Map(others.map((inspection, nth) => [names[nth] ?? '', inspection]));

describe('the rules of the architecture', () => {
  it('have a fixture each', async () => {
    expect(RULES.map(({ name }) => name).sort()).toEqual((await readdir(FIXTURES)).sort());
  });

  it('see every file of src, and can follow each of its imports', async () => {
    expect(real.files).toEqual(expect.arrayContaining(await listSourceFiles('.')));
    expect(real.unresolved).toEqual([]);
  });
});

it('the files of src have more than five lines each, but for doors and the entries of threads', async () => {
  const files = (await listSourceFiles('.')).filter((file) => !/(^|[/-])(index|thread)\.ts$/.test(file));
  const lines = await Promise.all(
    files.map(async (file) => (await readFile(file, 'utf8')).trimEnd().split('\n').length),
  );
  expect(files.filter((_, nth) => (lines[nth] ?? 0) <= 5)).toEqual([]);
});

describe.each(RULES)('$name: $comment', ({ name }) => {
  it('is broken by the files of its fixture that are meant to, and by nothing else', async () => {
    const meant = (await listSourceFiles(join(FIXTURES, name))).filter((file) => file.includes('/violating-'));
    const violations = fixtures.get(name)?.violations ?? [];
    expect(new Set(violations.map(({ from }) => from))).toEqual(new Set(meant));
    expect(new Set(violations.map(({ rule }) => rule))).toEqual(new Set([name]));
  });

  it('holds in src', () => {
    expect(real.violations.filter(({ rule }) => rule === name)).toEqual([]);
  });
});

async function listSourceFiles(root: string): Promise<string[]> {
  const found = await readdir(join(root, 'src'), { recursive: true });
  return found.filter((file) => file.endsWith('.ts')).map((file) => `src/${file.replaceAll('\\', '/')}`);
}
