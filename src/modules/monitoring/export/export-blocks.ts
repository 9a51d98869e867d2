import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { CopiedRows } from './copied-rows.js';
import type { LineWriter } from './export-format.js';
import type { ExportTally } from './export-tally.js';
import { LineBuffer } from './line-buffer.js';

/** A block is cut when it has so many bytes: each is one member of a compressed file. */
const BLOCK_BYTES = 256 * 1024;

const compress = promisify(gzip);

/** What blocks are made of. */
export interface BlockSource {
  readonly rows: Readable;
  /** What stands before the first line. */
  readonly header: string;
  readonly writeLine: LineWriter;
  /** What has to be there before a row's line is written; `undefined` where it is. */
  readonly prepare?: ((row: CopiedRows) => Promise<void> | undefined) | undefined;
  readonly isCompressed: boolean;
  readonly tally: ExportTally;
}

/**
 * The bytes of an export's file, in blocks of whole lines, made as they are asked for, each in place of the one before. When one
 * is there, the tally has counted it, and nothing beyond. What the blocks are follows from the events alone, so that the same export has the same bytes.
 */
export async function* blocksOf(source: BlockSource): AsyncGenerator<Buffer, void, undefined> {
  const { rows, header, writeLine, prepare, tally } = source;
  const row = new CopiedRows();
  const block = new LineBuffer(2 * BLOCK_BYTES);
  if (tally.progress.bytes === 0) block.putText(header);
  for await (const chunk of rows) {
    row.take(chunk as Buffer); // a stream of bytes
    while (row.step()) {
      const preparation = prepare?.(row);
      if (preparation) await preparation;
      writeLine(row, block);
      tally.addEvent(row.index, row.id);
      if (block.length >= BLOCK_BYTES) yield await finish(block, source);
    }
  }
  // A compressed file of nothing is a member of nothing.
  if (block.length > 0 || tally.progress.fileBytes === 0) yield await finish(block, source);
}

async function finish(block: LineBuffer, { isCompressed, tally }: BlockSource): Promise<Buffer> {
  const content = block.view();
  block.cut(0);
  tally.addBytes(content);
  if (!isCompressed) return content;
  const member = await compress(content);
  tally.addFileBytes(member);
  return member;
}
