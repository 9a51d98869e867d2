import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readLines } from './read-lines.js';
import { syncFolder } from './sync-folder.js';

const LINE_FEED = Buffer.from('\n');

/** Copies the broken lines of a file, byte by byte, to another file, which is on disk when it resolves. */
export async function setAside(
  file: FileHandle,
  corruptPath: string,
  isBroken: (line: Buffer) => boolean,
): Promise<void> {
  const kept = await open(corruptPath, 'w', 0o600);
  try {
    for await (const line of readLines(file)) {
      if (isBroken(line)) await kept.appendFile(Buffer.concat([line, LINE_FEED]));
    }
    await kept.sync();
  } finally {
    await kept.close();
  }
  await syncFolder(dirname(corruptPath));
}
