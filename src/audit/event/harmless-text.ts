import { isUuidShape } from './fact-shapes.js';
import { BEHIND_LOOK, LOOK, NEXT, stateOf } from './redaction/harmless-states.js';
import { mayBeginShape } from './redaction/secret-tokens.js';

/**
 * Whether cleaning and masking certainly leave a text unchanged, and its JSON has two bytes more than it has characters: it is printable
 * ASCII without escapes, and contains nothing that a secret begins with. Most texts are like that, and are read once, by a table, instead
 * of by thirty regular expressions. Other texts need not be secrets.
 */
export function isHarmless(text: string): boolean {
  let state = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    const next = NEXT[(state << 7) | code] ?? LOOK;
    state = next === LOOK ? lookCloser(text, index, state) : next;
    if (state === LOOK) return isUuidShape(text); // one in thirty has as many digits in a row as a card number
  }
  return true;
}

/** Returns the state after the character at `index`; {@link LOOK} if a secret may begin there, or the character is refused. */
function lookCloser(text: string, index: number, state: number): number {
  const { start, last } = stateOf(state);
  if (start !== '' && mayBeginShape(text, index - start.length)) return LOOK;
  if (mayBeginSecret(text, index) || (last === 'b' && mayBeginSecret(text, index - 1))) return LOOK;
  return BEHIND_LOOK[(state << 7) | text.charCodeAt(index)] ?? LOOK;
}

/** Whether `bearer`, `basic`, `eyJ` (at its end), `://`, `password:` or others may begin here, by two or three of their characters. */
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
    case 'b':
    case 'B':
      return isLetter(text, index + 1, LETTER.e, LETTER.a) && isLetter(text, index + 2, LETTER.a, LETTER.s);
    default:
      return false;
  }
}

/** Whether a colon follows a possible name of a secret, or precedes the rest of a URL or a bot's token. */
function mayEndName(text: string, index: number): boolean {
  const next = text.charAt(index + 1);
  if (next === '/' || (next === 'A' && text.charAt(index + 2) === 'A')) return true;
  const last = text.charCodeAt(text.charAt(index - 1) === ' ' ? index - 2 : index - 1);
  if (last >= 0x30 && last <= 0x39) return isLetterCode(text.charCodeAt(index - 2)); // password2:
  return isLetterCode(last) && text.slice(index - 2, index) !== 'rv'; // as in the user agents of Firefox
}

function isLetterCode(code: number): boolean {
  const lower = code | LOWER_CASE;
  return lower >= 0x61 && lower <= 0x7a;
}

const LETTER = { a: 0x61, e: 0x65, s: 0x73 } as const;
const LOWER_CASE = 0x20;

/** Whether one of two letters is at `index`, in either case. */
function isLetter(text: string, index: number, one: number, other: number): boolean {
  const code = text.charCodeAt(index) | LOWER_CASE;
  return code === one || code === other;
}
