/** Matches an encoded quotation mark, percent sign, colon, equals sign or bracket in a URL. */
const PERCENT = /%(?:2[25]|3[AaDd]|5[Bb])/;
const PERCENT_RUN = /(?:%[\dA-Fa-f]{2})+/g;
const ESCAPED = /\\u00([2-7][\dA-Fa-f])/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&#34;': '"',
  '&#39;': "'",
  '&apos;': "'",
  '&amp;': '&',
};
const ENTITY = /&(?:quot|#34|#39|apos|amp);/g;

/** Matches invisible characters: the soft hyphen, zero-width spaces and joiners, the byte order mark. */
const INVISIBLE_CHARACTERS = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/gu;

/**
 * Removes one layer of encoding from a text, since the name or the value of a secret may be encoded. Decodes percent-encoding (`%22`), JSON
 * escapes (`\u0061`) and HTML entities, and removes invisible characters. Control characters from percent-encoding become spaces.
 */
export function decodeLayer(text: string): string {
  let decoded = text;
  if (PERCENT.test(decoded)) decoded = decoded.replace(PERCENT_RUN, decodeRun);
  if (decoded.includes('\\u00')) decoded = decoded.replace(ESCAPED, (_whole, hex: string) => fromCode(hex));
  if (decoded.includes('&')) decoded = decoded.replace(ENTITY, (entity) => ENTITIES[entity] ?? entity);
  return decoded.replace(INVISIBLE_CHARACTERS, '');
}

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run).replace(/\p{Cc}/gu, ' ');
  } catch {
    return run; // bytes that are not UTF-8
  }
}

function fromCode(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}
