import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Returns what is wrong with a whole number; nothing if it is absent. */
export function problemsOfNumber(
  name: string,
  value: unknown,
  [least, most]: readonly [number, number],
): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return [];
  return [`${name} is not a whole number from ${least} to ${most}`];
}

/** Returns what is wrong with a value that must be one of some words; nothing if it is absent. */
export function problemsOfWord(name: string, value: unknown, words: readonly string[]): readonly string[] {
  if (value === undefined || (typeof value === 'string' && words.includes(value))) return [];
  return [`${name} must be ${words.join(' or ')}`];
}

/** Returns what is wrong with a boolean; nothing if it is absent. */
export function problemsOfSwitch(name: string, value: unknown): readonly string[] {
  return value === undefined || typeof value === 'boolean' ? [] : [`${name} is neither true nor false`];
}

/** Returns what is wrong if only one of two options is set that need each other. */
export function problemsOfPair(names: string, one: unknown, other: unknown): readonly string[] {
  return (one === undefined) === (other === undefined) ? [] : [`${names} go together: set both, or none`];
}

/** Returns what is wrong with a text that must not be empty. */
export function problemsOfText(name: string, value: unknown): readonly string[] {
  return typeof value === 'string' && value !== '' ? [] : [`${name} must be a non-empty text`];
}

/** Returns what is wrong with the URL of a server. */
export function problemsOfUrl(url: unknown, isHttpAllowed: unknown): readonly string[] {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isHttpAllowed === true)) return [];
  return ['url must be an https URL; http is for allowPrivateAddresses alone'];
}

/** Returns what is wrong with the headers of requests; nothing if they are absent. */
export function problemsOfHeaders(headers: unknown): readonly string[] {
  if (headers === undefined) return [];
  try {
    for (const [name, value] of Object.entries(headers as object)) {
      validateHeaderName(name);
      validateHeaderValue(name, value as string); // throws if it is not a text
    }
    return typeof headers === 'object' ? [] : ['headers must be an object of names and texts'];
  } catch {
    return ['headers must be an object of names and texts, such as { authorization: "Bearer …" }'];
  }
}
