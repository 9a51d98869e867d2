import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The maximum size of a record: an event of 64 KiB and its personal part, some of it escaped twice. */
export const MAX_RECORD_BYTES = 1_048_576;

const QUOTATION_MARK = 0x22;
const NEWLINE = 0x0a;

/**
 * Splits bytes into lines, or records of CSV, each with its newline; the last may have none. A record longer than {@link MAX_RECORD_BYTES}
 * is cut, and is the last one. Each byte is copied at most once.
 */
export async function* readRecords(
  chunks: AsyncIterable<Uint8Array>,
  { isCsv = false }: { readonly isCsv?: boolean } = {},
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
    if (length > MAX_RECORD_BYTES) break;
  }
  if (length > 0) yield Buffer.concat(begun);
}

/** Decompresses a file. An error on either side ends the iteration; ending the iteration closes the file. */
export function gunzip(file: Readable): AsyncIterable<Buffer> {
  const transform = createGunzip();
  pipeline(file, transform, () => undefined);
  return transform as AsyncIterable<Buffer>; // it has no encoding
}
