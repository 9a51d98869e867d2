import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 2 ** 20;

/**
 * Reads all files of a database, so that the operating system has of a small and of a large one alike what fits into its memory:
 * what was loaded last would be there, and the rest would not. PostgreSQL's own cache is left to the questions.
 */
export async function warmLedger(cluster, database) {
  const [{ oid }] = await cluster.query(database, 'SELECT oid FROM pg_database WHERE datname = current_database()');
  const folder = join(cluster.dataFolder, 'base', String(oid));
  // Other files than those of relations come and go.
  for (const name of (await readdir(folder)).filter((each) => /^\d/.test(each))) {
    for await (const chunk of createReadStream(join(folder, name), { highWaterMark: BLOCK_BYTES })) void chunk;
  }
}
