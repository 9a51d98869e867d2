import { paint } from '../paint.js';
import type { Check } from './check.js';

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;
const NAME_WIDTH = 20;
const STATUS_WIDTH = 9;
const INDENT = ' '.repeat(STATUS_WIDTH + NAME_WIDTH);

/** The checks as lines for a reader, no wider than `width` where words allow. */
export function describeChecks(checks: readonly Check[], width: number): string {
  const lines = checks.flatMap(({ name, status, says, whatToDo }) => {
    const [first = '', ...more] = wrap(says, width - INDENT.length);
    const head = `${paint(COLOURS[status], status.padEnd(STATUS_WIDTH))}${name.padEnd(NAME_WIDTH)}${first}`;
    const advice = whatToDo === undefined ? [] : wrap(`→ ${whatToDo}`, width - INDENT.length);
    return [head, ...[...more, ...advice].map((line) => `${INDENT}${line}`)];
  });
  const counted = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return `${lines.join('\n')}\n\n${counted('ok')} ok, warnings: ${counted('warning')}, errors: ${counted('error')}\n`;
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
