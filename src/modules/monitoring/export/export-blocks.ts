import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { FILE_KINDS, type ExportFormat, type LineWriter } from './export-format.js';
import type { ExportTally } from './export-tally.js';
import { RowSplitter } from './row-splitter.js';

/** A block is cut when it has so many characters: each is one member of a compressed file. */
const BLOCK_CHARACTERS = 256 * 1024;

const compress = promisify(gzip);

/** What blocks are made of. */
export interface BlockSource {
  readonly rows: Readable;
  readonly format: ExportFormat;
  readonly writeLine: LineWriter;
  readonly isCompressed: boolean;
  readonly tally: ExportTally;
}

/**
 * The bytes of an export's file, in blocks of whole lines, made as they are asked for. When one is there, the tally has
 * counted it, and nothing beyond. What the blocks are follows from the events alone, so that the same export has the same bytes.
 */
export async function* blocksOf(source: BlockSource): AsyncGenerator<Buffer, void, undefined> {
  const { rows, format, writeLine, tally } = source;
  const splitter = new RowSplitter();
  let block = tally.progress.bytes === 0 ? FILE_KINDS[format].header : '';
  for await (const chunk of rows) {
    for (const row of splitter.split(chunk as Buffer)) {
      // a stream of bytes
      block += writeLine(row);
      tally.addEvent(Number(row[0]), row[1] ?? '');
      if (block.length < BLOCK_CHARACTERS) continue;
      yield await finish(block, source);
      block = '';
    }
  }
  // A compressed file of nothing is a member of nothing.
  if (block !== '' || tally.progress.fileBytes === 0) yield await finish(block, source);
}

async function finish(block: string, { isCompressed, tally }: BlockSource): Promise<Buffer> {
  const content = Buffer.from(block, 'utf8');
  tally.addBytes(content);
  if (!isCompressed) return content;
  const member = await compress(content);
  tally.addFileBytes(member);
  return member;
}
