import { colourOf, paint, type Colour } from './paint.js';
import { plain } from './plain.js';

/** A line for a reader; its first word may have a colour. */
export type Line = string | { readonly colour: Colour; readonly word: string; readonly rest: string };

/** Returns the last line of a check: its verdict, in colour, and what was checked. */
export function verdictLine(verdict: string, of: string): Line {
  return { colour: colourOf(verdict), word: verdict, rest: `: ${of}` };
}

/** Makes a text safe for a terminal: only its line breaks and our colours have an effect. In a list, no line contains a line break. */
export function showLines(text: string | readonly Line[]): string {
  if (typeof text === 'string')
    return text
      .split(/([\n\t])/)
      .map((part, nth) => (nth % 2 === 0 ? plain(part) : part))
      .join('');
  return text.map((line) => `${showLine(line)}\n`).join('');
}

function showLine(line: Line): string {
  return typeof line === 'string' ? plain(line) : paint(line.colour, plain(line.word)) + plain(line.rest);
}
