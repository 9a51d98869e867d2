import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { useSqlScene } from '../../support/sql-scene.js';

const FOLDER = 'test/integration/sql';
const { rows } = useSqlScene();

const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.spec.ts'));
const texts = await Promise.all(files.map((file) => readFile(`${FOLDER}/${file}`, 'utf8')));
/** The functions that a `describe` of this folder is named after, when it has a test. */
const tested = texts
  .flatMap((text) => [...text.matchAll(/^describe\('(audit_\w+)', \(\) => \{\n(.*?)^\}\);$/gms)])
  .flatMap(([, name, body = '']) => (/^ +it(\.each.*)?\(/m.test(body) ? [name] : []));

describe('the functions of the migrations', () => {
  it('are those that a spec of this folder tests, by name, both ways', async () => {
    const functions = await rows(`
      SELECT DISTINCT proname::text AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`);
    expect(tested.toSorted()).toEqual(functions.map(({ name }) => name));
  });
});
