import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Returns the problem of an option that must be a whole number in a range. An absent option has no problem. */
export function problemsOfNumber(
  name: string,
  value: unknown,
  [least, most]: readonly [number, number],
): readonly string[] {
  if (value === undefined) return [];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return [];
  return [`${name} is not a whole number from ${least} to ${most}`];
}

/** Returns the problem of an option whose value must be one of `words`. An absent option has no problem. */
export function problemsOfWord(name: string, value: unknown, words: readonly string[]): readonly string[] {
  if (value === undefined || (typeof value === 'string' && words.includes(value))) return [];
  return [`${name} must be ${words.join(' or ')}`];
}

/** Returns the problem of an option that must be a boolean. An absent option has no problem. */
export function problemsOfSwitch(name: string, value: unknown): readonly string[] {
  return value === undefined || typeof value === 'boolean' ? [] : [`${name} is neither true nor false`];
}

/** Returns a problem if only one of two options is set. */
export function problemsOfPair(names: string, one: unknown, other: unknown): readonly string[] {
  return (one === undefined) === (other === undefined) ? [] : [`${names} go together: set both, or none`];
}

/** Returns the problem of an option that must be a non-empty text. */
export function problemsOfText(name: string, value: unknown): readonly string[] {
  return typeof value === 'string' && value !== '' ? [] : [`${name} must be a non-empty text`];
}

export function problemsOfUrl(url: unknown, isHttpAllowed: unknown): readonly string[] {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isHttpAllowed === true)) return [];
  return ['url must be an https URL; http requires allowPrivateAddresses'];
}

/** Returns the problem of the option `headers`, which contains HTTP request headers. An absent option has no problem. */
/** The names of headers that say how a message is sent (RFC 9110, section 7.6.1) and to whom. The HTTP client sets them. */
const OF_CLIENT =
  /^(?:connection|content-length|expect|host|keep-alive|proxy-(?:authorization|connection)|te|trailer|transfer-encoding|upgrade)$/i;

export function problemsOfHeaders(headers: unknown): readonly string[] {
  if (headers === undefined) return [];
  try {
    for (const [name, value] of Object.entries(headers as object)) {
      validateHeaderName(name);
      validateHeaderValue(name, value as string); // throws unless the value is a text
    }
    const taken = Object.keys(headers as object).find((name) => OF_CLIENT.test(name));
    if (taken !== undefined) return [`headers must not contain ${taken}, which the HTTP client sets`];
    return typeof headers === 'object' ? [] : ['headers must be an object of names and texts'];
  } catch {
    return ['headers must be an object of names and texts, such as { authorization: "Bearer …" }'];
  }
}
