import { maskSecrets, REDACTED } from '../../../audit/plain.js';

/** A text that shares this many characters with a secret counts as a part of it. */
const WINDOW = 8;
/** A shorter secret would mask words of every text. */
const SHORTEST = 4;
const LONGEST_TEXT = 16_384;
const URL_SHAPE = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Masks, in a text from outside (the answer of a server, the error of a client), every part of the given secrets, and whatever looks like a
 * secret. A server may echo a secret as it is, cut off, or encoded: in base64, hexadecimal, a URL or JSON.
 *
 * @param secrets texts, and objects or lists that hold some; any other value is left alone
 */
export function hideSecrets(text: string, ...secrets: readonly unknown[]): string {
  const parts = new Set(secrets.flatMap(textsOf).flatMap(writingsOf).flatMap(windowsOf));
  const lengths = [...new Set([...parts].map(({ length }) => length))];
  const shown = text.slice(0, LONGEST_TEXT);
  const isSecret = new Uint8Array(shown.length);
  for (let at = 0; at < shown.length; at++) {
    for (const length of lengths) {
      if (parts.has(shown.slice(at, at + length))) isSecret.fill(1, at, at + length);
    }
  }
  return maskSecrets(maskMarked(shown, isSecret));
}

function maskMarked(text: string, isSecret: Uint8Array): string {
  const kept: string[] = [];
  for (let at = 0; at < text.length;) {
    const marked = isSecret[at];
    let end = at;
    while (end < text.length && isSecret[end] === marked) end++;
    kept.push(marked === 1 ? REDACTED : text.slice(at, end));
    at = end;
  }
  return kept.join('');
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return URL_SHAPE.test(value) ? secretsOfUrl(value) : [value, ...loginOf(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** The password within a header such as `Basic YWRhOng=`. */
function loginOf(header: string): readonly string[] {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(header) ?? [];
  if (encoded === undefined) return [];
  const login = Buffer.from(encoded, 'base64').toString();
  return [login.slice(login.indexOf(':') + 1)];
}

/** The host and the path of a URL may be shown. */
function secretsOfUrl(url: string): readonly string[] {
  if (!URL.canParse(url)) return [url];
  const { password, search, hash } = new URL(url);
  return [password, decodeURIComponent(password), search.slice(1), hash.slice(1)];
}

/** The encodings in which a server may repeat a text. */
function writingsOf(text: string): readonly string[] {
  if (text.length < SHORTEST) return [];
  const base64 = [0, 1, 2].flatMap((before) => coresOf(Buffer.from('\0'.repeat(before) + text)));
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), ...base64, hex, hex.toUpperCase()];
}

/** The part of the base64 that depends on these bytes alone, whatever surrounds them. */
function coresOf(bytes: Buffer): readonly string[] {
  const before = bytes.lastIndexOf(0) + 1;
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(from, to));
}

function windowsOf(text: string): readonly string[] {
  if (text.length < WINDOW) return text.length < SHORTEST ? [] : [text];
  return Array.from({ length: text.length - WINDOW + 1 }, (_, at) => text.slice(at, at + WINDOW));
}
