import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 2 ** 20;

/**
 * Reads all files of a database, so that the operating system's memory contains as much of a small ledger as of a large one. Otherwise, it
 * would contain only what was loaded last. PostgreSQL's own cache is filled by the questions.
 */
export async function warmLedger(cluster, database) {
  const [{ oid }] = await cluster.query(database, 'SELECT oid FROM pg_database WHERE datname = current_database()');
  const folder = join(cluster.dataFolder, 'base', String(oid));
  // Files that are not relations may appear and disappear, so they are skipped.
  for (const name of (await readdir(folder)).filter((each) => /^\d/.test(each))) {
    for await (const chunk of createReadStream(join(folder, name), { highWaterMark: BLOCK_BYTES })) void chunk;
  }
}
