import { partOfShape } from './secret-tokens.js';

/** The kinds of characters in a harmless text; any other character is refused. */
const KIND = { refused: 0, plain: 1, digit: 2, hyphen: 3, blank: 4, start: 5, letter: 6 } as const;

type Kind = (typeof KIND)[keyof typeof KIND];

/** Returns the kind of an ASCII character. */
function kindOf(character: string): Kind {
  if (/\d/.test(character)) return KIND.digit;
  if (character === '-') return KIND.hyphen;
  if (character === ' ') return KIND.blank;
  if (/[J:(~%|&]/.test(character)) return KIND.start;
  if (/[A-Za-z]/.test(character)) return KIND.letter;
  return /[\x21-\x7e]/.test(character) && !/["'`\\=<]/.test(character) ? KIND.plain : KIND.refused;
}

/** The kinds of the ASCII characters, by code. */
const KINDS = Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));

/** So many digits in a row, possibly with blanks, hyphens and dots between, may be a card number. */
const MIN_CARD_DIGITS = 13;

/** A longer beginning of a token is looked at as a whole. */
const LONGEST_START = 3;

/** The facts about a text up to a character. */
export interface TextState {
  /** How many digits came in a row. */
  readonly digits: number;
  readonly inWord: boolean;
  /** The beginning of the current word, while a secret's shape may begin like that; otherwise empty. */
  readonly start: string;
  /** Whether the last character was a hyphen (of a command's option), or a `b` (of `bearer`). */
  readonly last: '-' | 'b' | '';
}

const BEGINNING: TextState = { digits: 0, inWord: false, start: '', last: '' };

/** Returns the state after a character; `undefined` if the state is not enough to decide. */
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

/** Stands for a state that is not enough to decide: the text has to be looked at. */
export const LOOK = 0xffff;

/** For each state, the states after the ASCII characters, and those after characters that were looked at. */
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

/** The number of the state after an ASCII character, at the index `state * 128 + code`. */
export const NEXT = Uint16Array.from(next);

/** The number of the state after a character that was looked at and begins no secret; {@link LOOK} if it is refused. */
export const BEHIND_LOOK = Uint16Array.from(behindLook);

/** Returns the state with that number. */
export function stateOf(number: number): TextState {
  return states[number] ?? BEGINNING;
}

function behindLooked({ digits, inWord, last }: TextState, character: string): TextState | undefined {
  const kind = KINDS[character.charCodeAt(0)];
  if (kind === KIND.start) return { ...BEGINNING, inWord: character === 'J' };
  const isWord = kind === KIND.letter || kind === KIND.digit;
  return behind({ digits, inWord: inWord || isWord, start: '', last: last === 'b' ? '' : last }, character);
}
