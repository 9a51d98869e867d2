import { partOfShape } from './secret-tokens.js';

/** What a character may be in a harmless text; anything else is refused. */
const KIND = { refused: 0, plain: 1, digit: 2, hyphen: 3, blank: 4, start: 5, letter: 6 } as const;

type Kind = (typeof KIND)[keyof typeof KIND];

/** Of an ASCII character. */
function kindOf(character: string): Kind {
  if (/\d/.test(character)) return KIND.digit;
  if (character === '-') return KIND.hyphen;
  if (character === ' ') return KIND.blank;
  if (/[J:(~%|&]/.test(character)) return KIND.start;
  if (/[A-Za-z]/.test(character)) return KIND.letter;
  return /[\x21-\x7e]/.test(character) && !/["'`\\=<]/.test(character) ? KIND.plain : KIND.refused;
}

/** Of the ASCII characters, by code. */
const KINDS = Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));

/** As many digits in a row, with blanks, hyphens and dots between, may be a card number. */
const MIN_CARD_DIGITS = 13;

/** A longer part of what begins a token is looked at as a whole. */
const LONGEST_START = 3;

/** What is known of a text up to a character. */
export interface TextState {
  /** That came in a row. */
  readonly digits: number;
  readonly inWord: boolean;
  /** Of a word that continues, while a shape of secrets may begin so; else empty. */
  readonly start: string;
  /** Whether the last character was a hyphen, or a `b`: of an option of a command, or of `bearer`. */
  readonly last: '-' | 'b' | '';
}

const BEGINNING: TextState = { digits: 0, inWord: false, start: '', last: '' };

/** The state behind a character; `undefined` where more than a state tells has to be looked at. */
function behind(state: TextState, character: string): TextState | undefined {
  const kind = KINDS[character.charCodeAt(0)];
  if (kind === KIND.refused || kind === KIND.start) return undefined;
  if (state.last === '-' && kind === KIND.hyphen) return undefined;
  if (state.last === 'b' && /[ae]/i.test(character)) return undefined;
  const start = state.inWord && state.start === '' ? 'none' : partOfShape(state.start + character);
  if (start === 'whole' || (start === 'part' && state.start.length === LONGEST_START)) return undefined;
  if (kind === KIND.letter || kind === KIND.digit) {
    const digits = kind === KIND.digit ? state.digits + 1 : 0;
    if (digits === MIN_CARD_DIGITS) return undefined;
    const last = /b/i.test(character) ? 'b' : '';
    return { digits, inWord: true, start: start === 'part' ? state.start + character : '', last };
  }
  if (start === 'part') return undefined;
  if (kind === KIND.plain) return character === '.' ? { ...BEGINNING, digits: state.digits } : BEGINNING;
  return { ...BEGINNING, digits: state.digits, last: kind === KIND.hyphen ? '-' : '' };
}

const states: TextState[] = [BEGINNING];
const numbers = new Map([[keyOf(BEGINNING), 0]]);

function keyOf({ digits, inWord, start, last }: TextState): string {
  return `${digits},${inWord},${last},${start}`;
}

function numberOf(state: TextState): number {
  const key = keyOf(state);
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, states.length);
  return states.push(state) - 1;
}

/** In the place of a state: more than a state tells has to be looked at. */
export const LOOK = 0xffff;

/** Of each state, the states behind the ASCII characters, and those behind characters that were looked at. */
const [next, behindLook]: [number[], number[]] = [[], []];
for (let number = 0; number < states.length; number++) {
  const state = stateOf(number);
  for (let code = 0; code < 128; code++) {
    const character = String.fromCharCode(code);
    const [sure, looked] = [behind(state, character), behindLooked(state, character)];
    next.push(sure ? numberOf(sure) : LOOK);
    behindLook.push(looked ? numberOf(looked) : LOOK);
  }
}

/** The number of the state behind an ASCII character: at the number of the state before it, times 128, and the character's code. */
export const NEXT = Uint16Array.from(next);

/** The same behind a character that was looked at, and begins no secret; {@link LOOK} when it is refused. */
export const BEHIND_LOOK = Uint16Array.from(behindLook);

/** What is known of a text in the state of a number. */
export function stateOf(number: number): TextState {
  return states[number] ?? BEGINNING;
}

function behindLooked({ digits, inWord, last }: TextState, character: string): TextState | undefined {
  const kind = KINDS[character.charCodeAt(0)];
  if (kind === KIND.start) return { ...BEGINNING, inWord: character === 'J' };
  const isWord = kind === KIND.letter || kind === KIND.digit;
  return behind({ digits, inWord: inWord || isWord, start: '', last: last === 'b' ? '' : last }, character);
}
