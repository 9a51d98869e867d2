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
  const replaced = text.replace(STRING, (whole: string, colon?: string) => {
    if (colon === undefined) return whole;
    const key = whole.slice(0, -colon.length);
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
