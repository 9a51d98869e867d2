import { mayBeginShape } from './secret-tokens.js';

/** What a character may be in a harmless text; anything else is refused. */
const KIND = { refused: 0, plain: 1, digit: 2, separator: 3, start: 4, letter: 5 } as const;

/** The kinds of the ASCII characters, by code. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/\d/.test(character)) return KIND.digit;
  if (/[ -]/.test(character)) return KIND.separator;
  if (/[BbJ:(~%|&]/.test(character)) return KIND.start;
  if (/[A-Za-z]/.test(character)) return KIND.letter;
  return /[\x21-\x7e]/.test(character) && !/["'`\\=<]/.test(character) ? KIND.plain : KIND.refused;
});

/** As many digits in a row, with blanks and hyphens between, may be a card number. */
const MIN_CARD_DIGITS = 13;

/**
 * Whether a text surely is what it would be when it is cleaned and masked, and has as many bytes of JSON as characters and
 * two more: printable ASCII that JSON need not escape, and nothing in it that a secret begins with. Most texts are, and
 * are looked at once, character by character, instead of by thirty regular expressions. A text that is not is no secret yet.
 */
export function isHarmless(text: string): boolean {
  let digits = 0;
  let inWord = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    switch (KINDS[code]) {
      case KIND.letter:
        if (!inWord && mayBeginShape(text, index, code)) return false;
        inWord = true;
        digits = 0;
        break;
      case KIND.digit:
        if (++digits === MIN_CARD_DIGITS) return false;
        if (!inWord && mayBeginShape(text, index, code)) return false;
        inWord = true;
        break;
      case KIND.separator:
        inWord = false;
        if (code === HYPHEN && text.charCodeAt(index + 1) === HYPHEN) return false; // an option of a command
        break;
      case KIND.plain:
        inWord = false;
        digits = 0;
        break;
      case KIND.start:
        if (mayBeginSecret(text, index) || (!inWord && mayBeginShape(text, index, code))) return false;
        inWord = isLetterCode(code);
        digits = 0;
        break;
      default:
        return false;
    }
  }
  return true;
}

/** `bearer`, `basic`, `eyJ` (at its end), `://`, `password:` and others, by two or three of their characters. */
function mayBeginSecret(text: string, index: number): boolean {
  switch (text.charAt(index)) {
    case ':':
      return mayEndName(text, index);
    case '(':
      return text.startsWith('contains ', index - 9);
    case '~':
      return /[Q6]/.test(text.charAt(index - 1));
    case '%':
      return /[2357]/.test(text.charAt(index + 1));
    case '&':
      return text.startsWith('&quot;', index) || text.startsWith('&#3', index) || text.startsWith('&apos;', index);
    case '|':
      return /\d/.test(text.charAt(index - 1));
    case 'J':
      return text.charAt(index - 1) === 'y';
    default:
      return isLetter(text, index + 1, LETTER.e, LETTER.a) && isLetter(text, index + 2, LETTER.a, LETTER.s);
  }
}

/** Whether a colon stands behind what may be a secret's name, or before the rest of a URL or a bot's token. */
function mayEndName(text: string, index: number): boolean {
  const next = text.charAt(index + 1);
  if (next === '/' || (next === 'A' && text.charAt(index + 2) === 'A')) return true;
  const last = text.charCodeAt(text.charAt(index - 1) === ' ' ? index - 2 : index - 1);
  if (last >= 0x30 && last <= 0x39) return isLetterCode(text.charCodeAt(index - 2)); // password2:
  return isLetterCode(last) && text.slice(index - 2, index) !== 'rv'; // as the user agents of Firefox have it
}

function isLetterCode(code: number): boolean {
  const lower = code | LOWER_CASE;
  return lower >= 0x61 && lower <= 0x7a;
}

const HYPHEN = 0x2d;

const LETTER = { a: 0x61, e: 0x65, s: 0x73 } as const;
const LOWER_CASE = 0x20;

/** Whether one of two letters is there, in either case. */
function isLetter(text: string, index: number, one: number, other: number): boolean {
  const code = text.charCodeAt(index) | LOWER_CASE;
  return code === one || code === other;
}
