import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { namingFile } from './error-sentence.js';

let input: Promise<Buffer> | undefined;

/** Reads the text of a file. `-` means the standard input, which can be read only once. Rejects with the system's error. */
export async function readInput(path: string): Promise<string> {
  if (path !== '-') return readFile(path, 'utf8').catch((error: unknown) => Promise.reject(namingFile(error, path)));
  input ??= buffer(process.stdin);
  return (await input).toString('utf8');
}

/** Runs `work` with the path of a file. For `-`, copies the standard input to a temporary file, which is removed afterwards. */
export async function asFile<Result>(path: string, work: (path: string) => Promise<Result>): Promise<Result> {
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
