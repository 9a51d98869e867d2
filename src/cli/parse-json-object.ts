import { errorMessage, parseJson } from '../audit/plain.js';

const TOKENS = /("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g;

/**
 * Parses a JSON object, or returns a clause about why readers could read it differently: if a name is there twice, one reader shows the
 * first value, and another the last.
 */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | string {
  try {
    const value: unknown = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not a JSON object';
    return hasNameTwice(text) ? 'a name stands twice in one of its objects' : { ...value };
  } catch (error) {
    return `it is not JSON (${errorMessage(error)})`;
  }
}

/** Whether a JSON text has a name twice in an object. */
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
