import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Reads a file of a downloaded log. Never waits, as a pipe without a writer would make it. Rejects with the system's error, and for what is not a file. */
export async function readLogFile(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
