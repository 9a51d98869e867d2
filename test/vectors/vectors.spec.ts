import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { integrityVectors } from '../support/integrity-vectors.js';

const FOLDER = 'test/vectors';
const VECTORS = integrityVectors();

/** Ledgers are sealed with these bytes: a change here makes every proof that was ever given wrong. */
describe('the golden vectors', () => {
  it.each(Object.keys(VECTORS))('%s is what the arithmetic gives', async (name) => {
    const kept: unknown = JSON.parse(await readFile(join(FOLDER, name), 'utf8'));
    expect(JSON.parse(JSON.stringify(VECTORS[name]))).toEqual(kept);
  });

  it('are all compared', async () => {
    const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
    expect(files.sort()).toEqual(Object.keys(VECTORS).sort());
  });
});
