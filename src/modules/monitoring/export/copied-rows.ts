import type { Readable } from 'node:stream';
import type { CopiedRow } from './copied-row.js';

/** The letters of the text format of COPY; any other character behind a backslash is itself. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }),
);

/** The rows of what `COPY … TO STDOUT` sends (text format), as they come. */
export async function* copiedRows(copy: Readable): AsyncGenerator<readonly CopiedRow[], void, undefined> {
  let begun = '';
  for await (const chunk of copy.setEncoding('utf8')) {
    const lines = (begun + String(chunk)).split('\n');
    begun = lines.pop() ?? '';
    yield lines.map((line) => line.split('\t').map(valueOf));
  }
}

function valueOf(field: string): string | null {
  if (!field.includes('\\')) return field;
  if (field === String.raw`\N`) return null;
  return field.replace(/\\(.)/gs, (_, letter: string) => LETTERS.get(letter) ?? letter);
}
