import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { ID, INDEX, type CopiedRow } from './copied-row.js';
import type { ExportTally } from './export-tally.js';

/** The length in characters at which a block is cut; each block is one member of a compressed file. */
const BLOCK_LENGTH = 256 * 1024;

const compress = promisify(gzip);

/** The input for blocks. */
export interface BlockSource {
  readonly copy: Readable;
  /** The text before the first line. */
  readonly header: string;
  readonly lineOf: (row: CopiedRow) => string | Promise<string>;
  readonly isCompressed: boolean;
  readonly tally: ExportTally;
}

/**
 * Yields the bytes of an export's file, in blocks of whole lines. The tally has counted the blocks that were yielded, and no more. Blocks
 * depend on the events alone, so that the same export has the same bytes.
 */
export async function* blocksOf(source: BlockSource): AsyncGenerator<Buffer, void, undefined> {
  const { copy, header, lineOf, tally } = source;
  let block = tally.progress.bytes === 0 ? header : '';
  for await (const rows of copiedRows(copy)) {
    for (const row of rows) {
      const line = lineOf(row);
      block += typeof line === 'string' ? line : await line;
      tally.addEvent(Number(row[INDEX]), row[ID] ?? '');
      if (block.length < BLOCK_LENGTH) continue;
      yield await finish(block, source);
      block = '';
    }
  }
  // An empty export still gets one empty gzip member, so that the file is valid.
  if (block !== '' || tally.progress.fileBytes === 0) yield await finish(block, source);
}

async function finish(block: string, { isCompressed, tally }: BlockSource): Promise<Buffer> {
  const content = Buffer.from(block);
  tally.addBytes(content);
  if (!isCompressed) return content;
  const member = await compress(content);
  tally.addFileBytes(member);
  return member;
}

/** The escape letters of COPY's text format; any other character behind a backslash stands for itself. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }),
);

/** Parses the output of `COPY … TO STDOUT` (text format) into rows, as it arrives. */
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
