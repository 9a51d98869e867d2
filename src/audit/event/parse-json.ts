import { randomUUID } from 'node:crypto';

/** A string of JSON, with the colon after it if it is a key. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"([ \t\n\r]*:)?/gs;

/**
 * Parses a JSON text exactly as `JSON.parse` is specified. V8 misreads escaped keys since Node 24 (nodejs/node#63785), so a text with such
 * keys is parsed with other keys in their place. Use it for everything that is stored.
 *
 * @throws SyntaxError for invalid JSON
 */
export function parseJson(text: string): unknown {
  if (!text.includes('\\')) return JSON.parse(text);
  const mark = randomUUID();
  const keys = new Map<string, string>();
  let escapedKeys = 0;
  // All keys are replaced, so that the last of several equal ones still counts.
  const replaced = text.replace(STRING, (whole: string, colon?: string) => {
    if (colon === undefined) return whole;
    const key = whole.slice(0, -colon.length);
    if (key.includes('\\')) escapedKeys++;
    const placeholder = `${mark}${keys.size}`;
    keys.set(placeholder, String(JSON.parse(key))); // alone, a text is read correctly
    return `"${placeholder}"${colon}`;
  });
  if (escapedKeys === 0) return JSON.parse(text);
  const value: unknown = JSON.parse(replaced);
  restoreKeys(value, keys);
  return value;
}

/** Puts the keys of all objects in their place, without recursion, so that nothing is too deep. */
function restoreKeys(value: unknown, keys: ReadonlyMap<string, string>): void {
  const open = [value];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    if (typeof holder !== 'object' || holder === null) continue;
    for (const [name, content] of Object.entries(holder)) {
      if (!Array.isArray(holder)) {
        Reflect.deleteProperty(holder, name);
        const property = { value: content as unknown, writable: true, enumerable: true, configurable: true };
        Object.defineProperty(holder, keys.get(name) ?? name, property); // as data, also a key like `__proto__`
      }
      open.push(content);
    }
  }
}
