import { wrapIndented } from './fit-table.js';
import { plain } from './plain.js';
import { styleText } from 'node:util';

type Colour = 'green' | 'yellow' | 'red';

/** A line for a reader; its first word may have a colour. */
export type Line = string | { readonly colour: Colour; readonly word: string; readonly rest: string };

/** Returns the last line of a check: its verdict, in colour, and a description of the checked data. */
export function verdictLine(verdict: string, of: string): Line {
  return { colour: colourOf(verdict), word: verdict, rest: `: ${of}` };
}

/**
 * Makes a text safe for a terminal: only its line breaks and our colours have an effect. Each item of a list is printed as one line, wrapped
 * to `width`.
 */
export function showLines(text: string | readonly Line[], width = Infinity): string {
  if (typeof text === 'string')
    return text
      .split(/([\n\t])/)
      .map((part, nth) => (nth % 2 === 0 ? plain(part) : part))
      .join('');
  return text.map((line) => `${showLine(line, width)}\n`).join('');
}

function showLine(line: Line, width: number): string {
  if (typeof line === 'string') return wrapIndented(plain(line), width);
  const { colour, word, rest } = line;
  const whole = wrapIndented(plain(word + rest), width);
  return paint(colour, whole.slice(0, word.length)) + whole.slice(word.length);
}

function paint(colour: Colour, text: string): string {
  // hasColours() decides instead of Node, whose versions differ.
  return hasColours() ? styleText(colour, text, { validateStream: false }) : text;
}

/** Whether the standard output gets colours: it is a terminal and `NO_COLOR` is not set, or `FORCE_COLOR` is set. */
function hasColours(): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force, TERM } = process.env;
  if (no !== '') return false;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return process.stdout.isTTY && TERM !== 'dumb';
}

/** Returns the colour of a check's verdict: green if it passed, yellow if it is undecided, else red. */
function colourOf(verdict: string): Colour {
  if (verdict === 'undecided') return 'yellow';
  return ['sound', 'complete', 'proven'].includes(verdict) ? 'green' : 'red';
}
