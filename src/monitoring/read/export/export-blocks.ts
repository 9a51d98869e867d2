import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { ExportTally } from './export-tally.js';

/** The length is in characters. In a compressed file, each block is one gzip member. */
const BLOCK_LENGTH = 256 * 1024;

const compress = promisify(gzip);

interface BlockSource {
  readonly rows: AsyncIterable<readonly LedgerRow[]>;
  readonly header: string;
  readonly lineOf: (row: LedgerRow) => string | Promise<string>;
  readonly isCompressed: boolean;
  readonly tally: ExportTally;
}

/**
 * Yields the bytes of an export's file, in blocks of whole lines. The tally always counts exactly the blocks that were yielded. The events
 * alone determine the blocks, so that a repeated export has the same bytes.
 */
export async function* blocksOf(source: BlockSource): AsyncGenerator<Buffer, void, undefined> {
  const { rows, header, lineOf, tally } = source;
  let block = tally.progress.bytes === 0 ? header : '';
  for await (const list of rows) {
    for (const row of list) {
      block += await lineOf(row);
      tally.addEvent(Number(row.index), String(row.id));
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
