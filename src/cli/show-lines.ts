import { wrapIndented } from './fit-table.js';
import { colourOf, paint, type Colour } from './paint.js';
import { plain } from './plain.js';

/** A line for a reader; its first word may have a colour. */
export type Line = string | { readonly colour: Colour; readonly word: string; readonly rest: string };

/** Returns the last line of a check: its verdict, in colour, and what was checked. */
export function verdictLine(verdict: string, of: string): Line {
  return { colour: colourOf(verdict), word: verdict, rest: `: ${of}` };
}

/**
 * Makes a text safe for a terminal: only its line breaks and our colours have an effect. In a list, no line contains a line break, and long
 * ones are wrapped to `width`.
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
