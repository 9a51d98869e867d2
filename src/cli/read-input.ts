import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { decodeTextFile } from '../base/text-file.js';
import { MAX_FILE_BYTES, readRegular } from '../monitoring/errors/file-error.js';
import { addFileName } from './format-error.js';

let stdinFile: Promise<Buffer> | undefined;

/**
 * Reads the text of a file. `-` means the standard input, which can be read only once. Rejects with the system's error, or if the text is
 * larger than `maxBytes`.
 */
export async function readInput(path: string, maxBytes = MAX_FILE_BYTES): Promise<string> {
  stdinFile ??= path === '-' ? readStandardInput(maxBytes) : undefined;
  const read = path === '-' && stdinFile ? stdinFile : readRegular(path, maxBytes);
  return decodeTextFile(await read.catch((error: unknown) => Promise.reject(addFileName(error, path))));
}

async function readStandardInput(maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw Object.assign(new Error('the standard input is too large'), { code: 'EFBIG' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Runs `work` with the path of a file. For `-`, copies the standard input to a temporary file, which is removed afterwards. */
export async function withInputFile<Result>(path: string, work: (path: string) => Promise<Result>): Promise<Result> {
  if (path !== '-') return work(path);
  const folder = await mkdtemp(join(tmpdir(), 'audit-input-'));
  try {
    const file = join(folder, 'input');
    await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }));
    return await work(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
