import { isUuidShape } from '../event/fact-shapes.js';
import { canBeginShape } from './secret-tokens.js';

const KIND = { refused: 0, letter: 1, digit: 2, separator: 3, start: 4, plain: 5 } as const;

type Kind = (typeof KIND)[keyof typeof KIND];

function getCharacterKind(character: string): Kind {
  if (/\d/.test(character)) return KIND.digit;
  if (/[- .]/.test(character)) return KIND.separator;
  if (/[:(~%|&]/.test(character)) return KIND.start;
  if (/[A-Za-z]/.test(character)) return KIND.letter;
  return /[\x21-\x7e]/.test(character) && !/["'`\\=<]/.test(character) ? KIND.plain : KIND.refused;
}

const KINDS = Array.from({ length: 128 }, (_, code) => getCharacterKind(String.fromCharCode(code)));

const HYPHEN = 0x2d;

const MIN_CARD_DIGITS = 14;

/**
 * Whether cleaning and masking certainly leave a text unchanged: it is printable ASCII without escapes, and contains no possible start of a
 * secret. The JSON of such a text is two bytes longer than the text. Most texts are harmless, and one pass replaces thirty regular
 * expressions. A text that is not harmless need not contain a secret.
 */
export function isHarmless(text: string): boolean {
  let digits = 0;
  let inWord = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const kind = KINDS[code] ?? KIND.refused;
    if (kind === KIND.refused) return false;
    const isDigit = kind === KIND.digit;
    if (isDigit) digits++;
    else if (kind !== KIND.separator) digits = 0;
    const isWord = isDigit || kind === KIND.letter;
    const maySecret =
      digits === MIN_CARD_DIGITS ||
      (isWord && !inWord && canBeginShape(text, index)) ||
      (kind === KIND.start && canBeginSecret(text, index)) ||
      (code === HYPHEN && text.charCodeAt(index + 1) === HYPHEN);
    if (maySecret) return isUuidShape(text); // one UUID in thirty has as many digits in a row as a card number
    inWord = isWord;
  }
  return true;
}

function canBeginSecret(text: string, index: number): boolean {
  const next = text.charAt(index + 1);
  const last = text.charAt(index - 1);
  switch (text.charAt(index)) {
    case ':':
      return canEndName(text, index);
    case '(':
      return text.startsWith('contains ', index - 9);
    case '~':
      return /[Q6]/.test(last);
    case '%':
      return /[2357]/.test(next);
    case '&':
      return text.startsWith('&quot;', index) || text.startsWith('&#3', index) || text.startsWith('&apos;', index);
    default:
      return /\d/.test(last);
  }
}

function canEndName(text: string, index: number): boolean {
  if (text.startsWith('/', index + 1) || text.startsWith('AA', index + 1)) return true;
  const before = text.slice(Math.max(0, index - 15), index);
  return /(?:[A-Za-z]|[A-Za-z]{2}\d+) ?$/.test(before) && !before.endsWith('rv'); // `rv:` is in the user agents of Firefox
}
