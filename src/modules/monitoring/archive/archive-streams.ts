import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { ArchivedFile } from './archive-manifest.js';

const CHUNK_CHARACTERS = 65_536;
/** An entry has 64 KiB at most, its personal part no more than the event; a tile less. */
const MAX_LINE_BYTES = 1_048_576;

/** Lines of text as gzip, a piece at a time. */
export function compressLines(lines: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  return through(Readable.from(joinLines(lines)), createGzip());
}

/** The lines of gzip, without their newlines. Rejects for what is not gzip, and for a line beyond 1 MiB. */
export async function* decompressLines(bytes: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of through(Readable.from(bytes), createGunzip())) {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield rest.toString('utf8', start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw new Error(`a line is longer than ${MAX_LINE_BYTES} bytes`);
  }
  if (rest.length > 0) yield rest.toString();
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

/** What goes wrong on either side ends the iteration. */
function through(
  source: Readable,
  transform: NodeJS.ReadWriteStream & AsyncIterable<string | Buffer>,
): AsyncIterable<Buffer> {
  pipeline(source, transform, () => undefined);
  return transform as AsyncIterable<Buffer>; // it has no encoding
}
