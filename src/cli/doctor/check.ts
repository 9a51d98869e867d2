import { wrapIndented } from '../commands/fit-table.js';
import type { Line } from '../commands/show-lines.js';

/** One line of the output of `nestjs-audit-ledger doctor`. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'error';
  /** What the check found, in one or more sentences. */
  readonly says: string;
  /** What the reader should do; absent if nothing has to be done. */
  readonly whatToDo?: string;
}

/** Makes the result of a check that found no problem. */
export function fine(name: string, says: string): Check {
  return { name, status: 'ok', says };
}

/** Returns the result of a check that found a valid setting with a safer alternative. */
export function warn(name: string, says: string, whatToDo: string): Check {
  return { name, status: 'warning', says, whatToDo };
}

/** Makes the result of a check that found a setting with which events can be lost or changed. */
export function fail(name: string, says: string, whatToDo: string): Check {
  return { name, status: 'error', says, whatToDo };
}

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;
const NAME_WIDTH = 20;
const STATUS_WIDTH = 9;
const INDENT = STATUS_WIDTH + NAME_WIDTH;

/** Formats the checks as lines for a reader, wrapped to `width`. */
export function describeChecks(checks: readonly Check[], width: number): readonly Line[] {
  const wrapped = (text: string): readonly string[] => wrapIndented(text, width, INDENT).split('\n');
  const lines = checks.flatMap(({ name, status, says, whatToDo }): readonly Line[] => {
    const [first = '', ...more] = wrapped(`${status.padEnd(STATUS_WIDTH)}${name.padEnd(NAME_WIDTH)}${says}`);
    const head = { colour: COLOURS[status], word: first.slice(0, STATUS_WIDTH), rest: first.slice(STATUS_WIDTH) };
    return [head, ...more, ...(whatToDo === undefined ? [] : wrapped(`${' '.repeat(INDENT)}→ ${whatToDo}`))];
  });
  const counted = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return [...lines, '', `${counted('ok')} ok, warnings: ${counted('warning')}, errors: ${counted('error')}`];
}
