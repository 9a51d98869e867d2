import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** A small wrong change. At least one of `specs` must fail with the change. */
interface Mutant {
  readonly name: string;
  readonly file: string;
  /** The file must contain the text exactly once. */
  readonly from: string;
  readonly to: string;
  readonly specs: readonly string[];
  readonly tests?: string;
}

const FOLDER = 'test/long/mutants';
const FEWEST = 300;

const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json'));
const lists = await Promise.all(
  files.map(async (file) => ({
    file,
    mutants: JSON.parse(await readFile(join(FOLDER, file), 'utf8')) as readonly Mutant[], // held against the tree below
  })),
);
const texts = new Map<string, string>();

async function textOf(file: string): Promise<string> {
  const text = texts.get(file) ?? (await readFile(file, 'utf8'));
  texts.set(file, text);
  return text;
}

/** A spec's table is in a folder with the spec's name. */
function filesOf(spec: string): readonly string[] {
  const folder = spec.replace(/\.spec\.ts$/, '');
  return [spec, ...(existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [])];
}

describe('the lists of mutants', () => {
  it.each(lists)('of $file fit the tree: what each changes stands in its file once', async ({ mutants }) => {
    const stale: string[] = [];
    for (const { name, file, from, to, specs, tests } of mutants) {
      const isOnce = (await textOf(file)).split(from).length === 2;
      const specTexts = await Promise.all(specs.flatMap(filesOf).map(textOf));
      const isTested = specs.length > 0 && (tests === undefined || matchesAny(tests, specTexts));
      if (!isOnce || !isTested || from === to) stale.push(`${name} (${file})`);
    }
    expect(stale).toEqual([]);
  });

  it(`are ${FEWEST} mutants at least, each of a name of its own`, () => {
    const names = lists.flatMap(({ file, mutants }) => mutants.map(({ name }) => `${file} ${name}`));
    expect(names.length).toBeGreaterThanOrEqual(FEWEST);
    expect(new Set(names).size).toBe(names.length);
  });
});

function matchesAny(tests: string, specTexts: readonly string[]): boolean {
  return specTexts.some((text) => new RegExp(tests, 'i').test(text));
}
