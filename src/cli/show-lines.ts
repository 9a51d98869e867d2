import { colourOf, paint, type Colour } from './paint.js';
import { plain } from './plain.js';

/** A line for a reader; its first word may have a colour. */
export type Line = string | { readonly colour: Colour; readonly word: string; readonly rest: string };

/** The line that a check ends with: its verdict, in colour, and what that is of. */
export function verdictLine(verdict: string, of: string): Line {
  return { colour: colourOf(verdict), word: verdict, rest: `: ${of}` };
}

/** Makes text for a terminal: it obeys nothing of it but its line breaks and our colours. In a list, no line has a break of its own. */
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
