import { wrapIndented } from './fit-table.js';
import { escapeControls } from '../nest-free.js';
import { styleText } from 'node:util';

type Color = 'green' | 'yellow' | 'red';

/** A line for a person; the first word of the line may have a color. */
export type Line = string | { readonly color: Color; readonly word: string; readonly rest: string };

/** Returns the last line that a check prints: the verdict, in color, and a description of the checked data. */
export function formatVerdictLine(verdict: string, of: string): Line {
  return { color: getVerdictColor(verdict), word: verdict, rest: `: ${of}` };
}

/**
 * Makes a text safe for a terminal: only our line breaks and colours have an effect. Each item of a list is printed as one line, wrapped
 * to `width`.
 */
export function showLines(text: string | readonly Line[], width = Infinity): string {
  if (typeof text === 'string')
    return text
      .split(/([\n\t])/)
      .map((part, nth) => (nth % 2 === 0 ? escapeControls(part) : part))
      .join('');
  return text.map((line) => `${showLine(line, width)}\n`).join('');
}

function showLine(line: Line, width: number): string {
  if (typeof line === 'string') return wrapIndented(escapeControls(line), width);
  const { color, word, rest } = line;
  const whole = wrapIndented(escapeControls(word + rest), width);
  return paint(color, whole.slice(0, word.length)) + whole.slice(word.length);
}

function paint(color: Color, text: string): string {
  // hasColours() decides about colours instead of Node, because Node's versions differ in this decision.
  return hasColours() ? styleText(color, text, { validateStream: false }) : text;
}

function hasColours(): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force, TERM } = process.env;
  if (no !== '') return false;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return process.stdout.isTTY && TERM !== 'dumb';
}

function getVerdictColor(verdict: string): Color {
  if (verdict === 'undecided') return 'yellow';
  return ['sound', 'complete', 'proven'].includes(verdict) ? 'green' : 'red';
}
