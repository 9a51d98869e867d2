/** What a character may be in a harmless text; anything else is refused. */
const KIND = { refused: 0, plain: 1, digit: 2, separator: 3, start: 4 } as const;

/** The kinds of the ASCII characters, by code. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/\d/.test(character)) return KIND.digit;
  if (/[ -]/.test(character)) return KIND.separator;
  if (/[BbJ:]/.test(character)) return KIND.start;
  return /[\x21-\x7e]/.test(character) && !/["'\\=]/.test(character) ? KIND.plain : KIND.refused;
});

/** As many digits in a row, with blanks and hyphens between, may be a card number. */
const MIN_CARD_DIGITS = 13;

/**
 * Whether a text surely is what it would be when it is cleaned and masked, and has as many bytes of JSON as characters and
 * two more: printable ASCII that JSON need not escape, and nothing in it that a secret begins with. Most texts are, and
 * are looked at once, character by character, instead of by ten regular expressions. A text that is not is no secret yet.
 */
export function isHarmless(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    switch (KINDS[text.charCodeAt(index)]) {
      case KIND.plain:
        digits = 0;
        break;
      case KIND.digit:
        if (++digits === MIN_CARD_DIGITS) return false;
        break;
      case KIND.separator:
        break;
      case KIND.start:
        if (mayBeginSecret(text, index)) return false;
        digits = 0;
        break;
      default:
        return false;
    }
  }
  return true;
}

/** `bearer`, `basic`, `-BEGIN`, `eyJ` (at its end) and `://`, by two of their characters. */
function mayBeginSecret(text: string, index: number): boolean {
  const next = text.charAt(index + 1);
  switch (text.charAt(index)) {
    case ':':
      return next === '/';
    case 'J':
      return text.charAt(index - 1) === 'y';
    case 'B':
      if (text.charAt(index - 1) === '-') return true;
  }
  return isLetter(text, index + 1, LETTER.e, LETTER.a) && isLetter(text, index + 2, LETTER.a, LETTER.s);
}

const LETTER = { a: 0x61, e: 0x65, s: 0x73 } as const;
const LOWER_CASE = 0x20;

/** Whether one of two letters is there, in either case. */
function isLetter(text: string, index: number, one: number, other: number): boolean {
  const code = text.charCodeAt(index) | LOWER_CASE;
  return code === one || code === other;
}
