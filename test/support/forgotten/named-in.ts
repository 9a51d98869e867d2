import { gunzipSync } from 'node:zlib';

/** Base64 of a text is one of three, by where it begins: their characters that depend on nothing else. */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const [first, last] = [Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3)];
    return whole.slice(first, last);
  });
}

function jsonEscaped(text: string): string {
  const escape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[^\x20-\x7e]/g, escape);
}

/** What a text may look like where it was encoded; in small letters, but for base64. */
function formsOf(text: string): { readonly anyCase: readonly string[]; readonly exact: readonly string[] } {
  const url = encodeURIComponent(text);
  const anyCase = [text, url, url.replaceAll('%20', '+'), jsonEscaped(text), Buffer.from(text).toString('hex')];
  const base64 = base64Forms(text);
  return {
    anyCase: [...new Set(anyCase.map((form) => form.toLowerCase()))],
    exact: [...base64, ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))],
  };
}

/**
 * A test of contents: which of the texts stand in one, in any case, as they are or URL-encoded, escaped as JSON, in hexadecimal digits
 * or in base64. What was compressed by gzip is read as what it was before.
 */
export function namesIn(texts: readonly string[]): (content: Buffer | string) => readonly string[] {
  const sought = texts.map((text) => ({ text, ...formsOf(text) }));
  return (content) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
    const exact = (isGzip(bytes) ? gunzipSync(bytes) : bytes).toString();
    const lower = exact.toLowerCase();
    return sought
      .filter((each) => each.anyCase.some((f) => lower.includes(f)) || each.exact.some((f) => exact.includes(f)))
      .map(({ text }) => text);
  };
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
