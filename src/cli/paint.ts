import { styleText } from 'node:util';

/** Whether a stream gets colours: as a terminal, unless `NO_COLOR` is set, or because `FORCE_COLOR` is. */
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

/** A text of the standard output in a colour, where that has colours. */
export function paint(colour: Colour, text: string): string {
  if (!hasColours(process.stdout)) return text;
  // Whether the stream has colours is decided above, in the same way on every version of Node.
  return styleText(colour, text, { validateStream: false });
}

const GOOD: ReadonlySet<string> = new Set(['sound', 'complete', 'proven']);
const UNTOLD: ReadonlySet<string> = new Set(['undecided']);

/** The colour of what a check came to: green, yellow where it cannot be told, else red. */
export function colourOf(verdict: string): Colour {
  return GOOD.has(verdict) ? 'green' : UNTOLD.has(verdict) ? 'yellow' : 'red';
}
