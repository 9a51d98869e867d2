import type { Line } from '../show-lines.js';
import type { Check } from './check.js';

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;
const NAME_WIDTH = 20;
const STATUS_WIDTH = 9;
const INDENT = ' '.repeat(STATUS_WIDTH + NAME_WIDTH);

/** Formats the checks as lines for a reader, no wider than `width` if the words allow it. */
export function describeChecks(checks: readonly Check[], width: number): readonly Line[] {
  const lines = checks.flatMap(({ name, status, says, whatToDo }) => {
    const [first = '', ...more] = wrap(says, width - INDENT.length);
    const rest = `${name.padEnd(NAME_WIDTH)}${first}`;
    const head = { colour: COLOURS[status], word: status.padEnd(STATUS_WIDTH), rest };
    const advice = whatToDo === undefined ? [] : wrap(`→ ${whatToDo}`, width - INDENT.length);
    return [head, ...[...more, ...advice].map((line) => `${INDENT}${line}`)];
  });
  const counted = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  const sum = `${counted('ok')} ok, warnings: ${counted('warning')}, errors: ${counted('error')}`;
  return [...lines, '', sum];
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
