import { getErrorMessage, parseJson, parseModestJson } from '../audit/nest-free.js';
import { readInput } from './read-input.js';

const TOKENS = /("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g;

/**
 * Parses a JSON object, or returns a clause that names the problem. A duplicate name is a problem, because parsers differ in which value they
 * use.
 */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | string {
  try {
    const value = parseModestJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not a JSON object';
    return hasNameTwice(text) ? 'one of its objects has a duplicate name' : { ...value };
  } catch (error) {
    return `it is not JSON (${getErrorMessage(error)})`;
  }
}

/** Reads the JSON object in the file that an option names. Refuses the call if the file holds something else. */
export async function readJsonOption(
  option: string,
  file: string,
  refuse: (problem: string) => never,
): Promise<Readonly<Record<string, unknown>>> {
  const input = parseJsonObject(await readInput(file));
  return typeof input === 'string' ? refuse(`${option} ${file}: ${input}`) : input;
}

function hasNameTwice(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, quoted] of text.matchAll(TOKENS)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    if (quoted === undefined) continue;
    const names = open.at(-1);
    const name = String(parseJson(quoted));
    if (names?.has(name)) return true;
    names?.add(name);
  }
  return false;
}
