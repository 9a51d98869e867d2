import { createHash, hash } from 'node:crypto';
import { Readable, pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { gunzipSync, gzip, createGunzip } from 'node:zlib';
import type { LineAddress } from './archive-columns.js';
import type { ArchivedFile } from './archive-manifest.js';

const MEMBER_CHARACTERS = 65_536;

/** The maximum size of a record. An event of 64 KiB with its personal part stays below this size, even if its texts are escaped twice. */
export const MAX_RECORD_BYTES = 1_048_576;

const MAX_MEMBER_CHARACTERS = 3 * MEMBER_CHARACTERS + MAX_RECORD_BYTES;
const NEWLINE = 0x0a;
const compress = promisify(gzip);

/** A gzip member with several lines. A member can be decompressed without the other members. */
export interface Member extends Omit<LineAddress, 'nth'> {
  readonly lines: number;
}

/**
 * Compresses lines of text into gzip members.
 *
 * @param onMember called with each member, and awaited before the next lines are read
 */
export async function* compressLines(
  lines: AsyncIterable<string>,
  onMember?: (member: Member) => Promise<void> | void,
): AsyncIterable<Uint8Array> {
  let [text, count, from] = ['', 0, 0];
  const pack = async (): Promise<Uint8Array> => {
    const bytes = await compress(text);
    await onMember?.({ member: from, size: bytes.length, digest: digestBytes(bytes), lines: count });
    [text, count, from] = ['', 0, from + bytes.length];
    return bytes;
  };
  for await (const line of lines) {
    text += `${line}\n`;
    count += 1;
    if (text.length >= MEMBER_CHARACTERS) yield await pack();
  }
  if (text !== '' || from === 0) yield await pack();
}

/** Decompresses the lines of a member. Returns `undefined` if the bytes do not match the digest. */
export function readMemberLines(
  bytes: Uint8Array,
  { digest }: Pick<LineAddress, 'digest'>,
): readonly string[] | undefined {
  if (digestBytes(bytes) !== digest) return undefined;
  return gunzipSync(bytes, { maxOutputLength: MAX_MEMBER_CHARACTERS }).toString().split('\n');
}

function digestBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64');
}

/** Decompresses gzip into lines without their newlines. Rejects if the data is not gzip, or a line is longer than 1 MiB. */
export async function* decompressLines(bytes: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  for await (const line of readRecords(decompressStream(Readable.from(bytes)))) {
    if (line.length > MAX_RECORD_BYTES) throw new Error(`a line is longer than ${MAX_RECORD_BYTES} bytes`);
    yield line.toString('utf8', 0, line.at(-1) === NEWLINE ? line.length - 1 : line.length);
  }
}

export class FileDigest {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  async *of(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of content) {
      this.hash.update(chunk);
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  /** Returns the digest. Call this method once, after the last byte. */
  file(name: string): ArchivedFile {
    return { name, bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}

const QUOTATION_MARK = 0x22;

/**
 * Splits bytes into lines or CSV records, including the newlines. The last record may lack a newline. A record that exceeds
 * `maxBytes` bytes is cut, and is the last record.
 */
export async function* readRecords(
  chunks: AsyncIterable<Uint8Array>,
  { isCsv = false, maxBytes = MAX_RECORD_BYTES }: { readonly isCsv?: boolean; readonly maxBytes?: number } = {},
): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let length = 0;
  let isQuoted = false;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (isCsv && chunk[at] === QUOTATION_MARK) isQuoted = !isQuoted;
      if (chunk[at] !== NEWLINE || isQuoted) continue;
      yield Buffer.concat([...pending, chunk.subarray(from, at + 1)]);
      [pending, length, from] = [[], 0, at + 1];
    }
    if (from === chunk.length) continue;
    pending.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > maxBytes) break;
  }
  if (length > 0) yield Buffer.concat(pending);
}

/** Decompresses a file. If the file cannot be read or is not gzip, the iteration rejects. The file is closed at the end of the iteration. */
export function decompressStream(file: Readable): AsyncIterable<Buffer> {
  const transform = createGunzip();
  pipeline(file, transform, () => undefined);
  return transform as AsyncIterable<Buffer>; // a stream without an encoding yields buffers
}
