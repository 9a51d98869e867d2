import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The maximum size of a record. An event of 64 KiB with its personal part stays below this size, even if its texts are escaped twice. */
export const MAX_RECORD_BYTES = 1_048_576;

const QUOTATION_MARK = 0x22;
const NEWLINE = 0x0a;

/**
 * Splits bytes into lines or CSV records, including the newlines. The last record may lack a newline. A record that exceeds
 * `longest` bytes is cut, and is the last record.
 */
export async function* readRecords(
  chunks: AsyncIterable<Uint8Array>,
  { isCsv = false, longest = MAX_RECORD_BYTES }: { readonly isCsv?: boolean; readonly longest?: number } = {},
): AsyncGenerator<Buffer> {
  let begun: Uint8Array[] = [];
  let length = 0;
  let isQuoted = false;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (isCsv && chunk[at] === QUOTATION_MARK) isQuoted = !isQuoted;
      if (chunk[at] !== NEWLINE || isQuoted) continue;
      yield Buffer.concat([...begun, chunk.subarray(from, at + 1)]);
      [begun, length, from] = [[], 0, at + 1];
    }
    if (from === chunk.length) continue;
    begun.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > longest) break;
  }
  if (length > 0) yield Buffer.concat(begun);
}

/** Decompresses a file. If the file cannot be read or is not gzip, the iteration rejects. The file is closed at the end of the iteration. */
export function gunzip(file: Readable): AsyncIterable<Buffer> {
  const transform = createGunzip();
  pipeline(file, transform, () => undefined);
  return transform as AsyncIterable<Buffer>; // a stream without an encoding yields buffers
}
