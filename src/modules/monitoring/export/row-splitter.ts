import type { CopiedRow } from './copied-row.js';

const NEWLINE = 0x0a;

/** Takes what `COPY … TO STDOUT` sends, in chunks of any length, for the rows that it is of (text format). */
export class RowSplitter {
  private begun: Buffer[] = [];

  /** The rows that end in this chunk. */
  split(chunk: Buffer): readonly CopiedRow[] {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      this.begun.push(chunk);
      return [];
    }
    const lines = Buffer.concat([...this.begun, chunk.subarray(0, end)]).toString('utf8');
    this.begun = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    return lines.split('\n').map(rowOfLine);
  }
}

/** A backslash that does not say that there is no value. Few rows have one, so that their values are looked at only then. */
const ESCAPED = /\\[^N]/;

function rowOfLine(line: string): CopiedRow {
  const row: (string | null)[] = line.split('\t');
  const isEscaped = ESCAPED.test(line);
  for (let at = 0; at < row.length; at++) {
    const field = row[at];
    if (field === '\\N') row[at] = null;
    else if (isEscaped && field?.includes('\\')) row[at] = valueOf(field);
  }
  return row;
}

function valueOf(field: string): string {
  return field.replace(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter);
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
