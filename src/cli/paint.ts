import { styleText } from 'node:util';

/** Whether a stream gets colours: it is a terminal and `NO_COLOR` is not set, or `FORCE_COLOR` is set. */
function hasColours(
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR: no = '', FORCE_COLOR: force, TERM }: NodeJS.ProcessEnv = process.env,
): boolean {
  if (no !== '') return false;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTTY === true && TERM !== 'dumb';
}

/** A colour of a terminal. */
export type Colour = 'green' | 'yellow' | 'red';

/** Colours a text of the standard output, if that has colours. */
export function paint(colour: Colour, text: string): string {
  if (!hasColours(process.stdout)) return text;
  // The code above decides whether the stream has colours, in the same way on every version of Node.
  return styleText(colour, text, { validateStream: false });
}

const GOOD: ReadonlySet<string> = new Set(['sound', 'complete', 'proven']);
const UNTOLD: ReadonlySet<string> = new Set(['undecided']);

/** Returns the colour of a check's verdict: green, yellow if it is unknown, else red. */
export function colourOf(verdict: string): Colour {
  return GOOD.has(verdict) ? 'green' : UNTOLD.has(verdict) ? 'yellow' : 'red';
}
