import { randomUUID } from 'node:crypto';

/** An unfinished string ends with the text, so that its quotation marks are not each searched again. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*(?:"([ \t\n\r]*:)?|$)/gs;

/**
 * Parses a JSON text as the specification of `JSON.parse` requires. Since Node 24, V8 misreads escaped keys (nodejs/node#63785), so such
 * keys are replaced during the parsing. Use this function for all stored texts.
 *
 * @throws SyntaxError for invalid JSON
 */
export function parseJson(text: string): unknown {
  if (!text.includes('\\')) return JSON.parse(text);
  const mark = randomUUID();
  const keys = new Map<string, string>();
  let escapedKeys = 0;
  // Every key gets its own placeholder, even a duplicate key. Duplicate keys are restored in their order, so the last value remains.
  const replaced = text.replace(STRING, (match: string, colon?: string) => {
    if (colon === undefined) return match;
    const key = match.slice(0, -colon.length);
    if (key.includes('\\')) escapedKeys++;
    const placeholder = `${mark}${keys.size}`;
    keys.set(placeholder, String(JSON.parse(key))); // V8 parses a string outside an object correctly
    return `"${placeholder}"${colon}`;
  });
  if (escapedKeys === 0) return JSON.parse(text);
  const value: unknown = JSON.parse(replaced);
  restoreKeys(value, keys);
  return value;
}

const MAX_DEPTH = 1_000;
const MAX_CONTAINERS = 1_000_000;
const BRACKETS = /[[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"?/gs;

/**
 * Parses the text of somebody who may be hostile, like {@link parseJson}. Later steps may use recursion, and a value takes many times the
 * memory of its text.
 *
 * @throws SyntaxError also for a text with more than 1,000 levels, or a million objects and lists
 */
export function parseModestJson(text: string): unknown {
  let [depth, containers] = [0, 0];
  for (const [token] of text.length > MAX_DEPTH ? text.matchAll(BRACKETS) : []) {
    if (token === '[' || token === '{') [depth, containers] = [depth + 1, containers + 1];
    else if (token === ']' || token === '}') depth--;
    if (depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`);
    if (containers > MAX_CONTAINERS) throw new SyntaxError(`more than ${MAX_CONTAINERS} objects and lists`);
  }
  return parseJson(text);
}

/** Without recursion, any depth works. */
function restoreKeys(value: unknown, keys: ReadonlyMap<string, string>): void {
  const open = [value];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    if (typeof holder !== 'object' || holder === null) continue;
    for (const [name, content] of Object.entries(holder)) {
      if (!Array.isArray(holder)) {
        Reflect.deleteProperty(holder, name);
        const property = { value: content as unknown, writable: true, enumerable: true, configurable: true };
        Object.defineProperty(holder, keys.get(name) ?? name, property); // defines even a key like `__proto__` as data
      }
      open.push(content);
    }
  }
}
