import { readFile, writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';

const FOLDER = new URL('results/', import.meta.url);

export async function readResult(part) {
  const text = await readFile(new URL(`${part}.json`, FOLDER), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Git keeps the earlier results. */
export async function writeResult(part, result) {
  const rounded = JSON.stringify(result, (_key, value) => (typeof value === 'number' ? round(value) : value));
  const file = new URL(`${part}.json`, FOLDER);
  const options = await prettier.resolveConfig(file);
  await writeFile(file, await prettier.format(rounded, { ...options, parser: 'json' }));
}

/** More digits would only be noise. */
function round(value) {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}
