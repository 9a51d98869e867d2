import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { ArchivedFile } from './archive-manifest.js';
import { gunzip, MAX_RECORD_BYTES, readRecords, through } from './read-records.js';

const CHUNK_CHARACTERS = 65_536;
const NEWLINE = 0x0a;

/** Lines of text as gzip, a piece at a time. */
export function compressLines(lines: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  return through(Readable.from(joinLines(lines)), createGzip());
}

/** The lines of gzip, without their newlines. Rejects for what is not gzip, and for a line beyond 1 MiB. */
export async function* decompressLines(bytes: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  for await (const line of readRecords(gunzip(Readable.from(bytes)))) {
    if (line.length > MAX_RECORD_BYTES) throw new Error(`a line is longer than ${MAX_RECORD_BYTES} bytes`);
    yield line.toString('utf8', 0, line.at(-1) === NEWLINE ? line.length - 1 : line.length);
  }
}

/** Counts and hashes what passes through. */
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

  /** Once, when all has passed. */
  file(name: string): ArchivedFile {
    return { name, bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}

async function* joinLines(lines: AsyncIterable<string>): AsyncIterable<Buffer> {
  let text = '';
  for await (const line of lines) {
    text += `${line}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
