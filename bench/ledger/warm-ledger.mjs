import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 2 ** 20;

/** Otherwise, the operating system's memory would contain only what was loaded last. The questions fill PostgreSQL's own cache. */
export async function warmLedger(cluster, database) {
  const [{ oid }] = await cluster.query(database, 'SELECT oid FROM pg_database WHERE datname = current_database()');
  const folder = join(cluster.dataFolder, 'base', String(oid));
  // Files that are not relations may appear and disappear, so they are skipped.
  for (const name of (await readdir(folder)).filter((each) => /^\d/.test(each))) {
    for await (const chunk of createReadStream(join(folder, name), { highWaterMark: BLOCK_BYTES })) void chunk;
  }
}
