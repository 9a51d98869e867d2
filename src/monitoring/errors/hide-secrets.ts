import { maskSecrets } from '../../base/secrets/redact-values.js';
import { REDACTED } from '../../base/secrets/redact-names.js';

/** A text is masked if it repeats at least this number of consecutive characters of a secret. */
const WINDOW = 8;
/** A shorter secret could be a part of an ordinary word. */
const MIN_SECRET_LENGTH = 4;
const MAX_TEXT_LENGTH = 16_384;
const URL_SHAPE = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Masks all parts of the given secrets in a text from outside, such as a server's response or a client's error. Also masks any text that
 * looks like a secret. Encoded parts are masked, too, because a server may repeat a secret in base64, hexadecimal, a URL or JSON.
 *
 * @param secrets texts, and objects or lists that contain texts; other values are ignored
 */
export function hideSecrets(text: string, ...secrets: readonly unknown[]): string {
  const parts = new Set(secrets.flatMap(listTexts).flatMap(listEncodings).flatMap(listWindows));
  const lengths = [...new Set([...parts].map(({ length }) => length))];
  const shown = text.slice(0, MAX_TEXT_LENGTH);
  const isSecret = new Uint8Array(shown.length);
  for (let at = 0; at < shown.length; at++) {
    for (const length of lengths) {
      if (parts.has(shown.slice(at, at + length))) isSecret.fill(1, at, at + length);
    }
  }
  return maskSecrets(maskBytes(shown, isSecret));
}

function maskBytes(text: string, isSecret: Uint8Array): string {
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

function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string')
    return URL_SHAPE.test(value) ? listUrlSecrets(value) : [value, ...parseBasicAuth(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listTexts) : [];
}

function parseBasicAuth(header: string): readonly string[] {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(header) ?? [];
  if (encoded === undefined) return [];
  const login = Buffer.from(encoded, 'base64').toString();
  return [login.slice(login.indexOf(':') + 1)];
}

function listUrlSecrets(url: string): readonly string[] {
  if (!URL.canParse(url)) return [url];
  const { password, search, hash } = new URL(url);
  return [password, decodeURIComponent(password), search.slice(1), hash.slice(1)];
}

/** Returns a text in the encodings in which a server may send the text back. */
function listEncodings(text: string): readonly string[] {
  if (text.length < MIN_SECRET_LENGTH) return [];
  const base64 = [0, 1, 2].flatMap((before) => listBase64Cores(Buffer.from('\0'.repeat(before) + text)));
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), ...base64, hex, hex.toUpperCase()];
}

/** Returns the base64 text of bytes, without the characters that depend on the neighbouring bytes. */
function listBase64Cores(bytes: Buffer): readonly string[] {
  const before = bytes.lastIndexOf(0) + 1;
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(from, to));
}

function listWindows(text: string): readonly string[] {
  if (text.length < WINDOW) return text.length < MIN_SECRET_LENGTH ? [] : [text];
  return Array.from({ length: text.length - WINDOW + 1 }, (_, at) => text.slice(at, at + WINDOW));
}
