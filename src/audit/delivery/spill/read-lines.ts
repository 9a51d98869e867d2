import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../../base/sync-folder.js';

const CHUNK_BYTES = 256 * 1024;

/** The library writes shorter lines, so a longer line is damaged, and is read in pieces. */
const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/** Reads the non-empty lines of a file in bounded memory. Each line is valid until the next line is read. */
export async function* readLines(file: FileHandle): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const chunk = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      if (end > from) yield chunk.subarray(from, end);
      from = end + 1;
    }
    rest = chunk.subarray(from);
    if (rest.length > MAX_LINE_BYTES) {
      yield rest;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield rest;
}

/**
 * Calls `onLine` for each line of a file, unless the path is a symbolic link. Resolves with `true` if the whole file was read. Never
 * rejects.
 */
export async function readEachLine(path: string, onLine: (line: Buffer) => void): Promise<boolean> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for await (const line of readLines(file)) onLine(line);
      return true;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/** Counts the lines of a file. A file that cannot be read counts as one line. Never rejects. */
export async function countLines(path: string): Promise<number> {
  let lines = 0;
  return (await readEachLine(path, () => lines++)) ? lines : 1;
}

/** Copies the broken lines of a file, byte by byte, to another file. Resolves when that file is on disk. */
export async function setAside(
  file: FileHandle,
  corruptPath: string,
  isBroken: (line: Buffer) => boolean,
): Promise<void> {
  const corrupt = await open(corruptPath, 'w', 0o600);
  try {
    for await (const line of readLines(file)) {
      if (isBroken(line)) await corrupt.appendFile(Buffer.concat([line, Buffer.of(LINE_FEED)]));
    }
    await corrupt.sync();
  } finally {
    await corrupt.close();
  }
  await syncFolder(dirname(corruptPath));
}
