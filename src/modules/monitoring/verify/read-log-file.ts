import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Reads a file of a downloaded log. It never waits, as reading a pipe without a writer would. Rejects with the system's error, and if it is
 * not a file.
 */
export async function readLogFile(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
