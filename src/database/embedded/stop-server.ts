import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.types.js';
import { EmbeddedStopFailedError } from './embedded.error.js';
import { readPostmasterFile, type PostmasterFile } from './postmaster-file.js';
import { findPidHolder } from './postmaster-process.js';
import { runProgram } from './run-program.js';

const PATIENCE_MS = 60_000;
const POLL_MS = 20;

/**
 * Stops the server in order: connections are ended, everything is on the disk when it resolves. Another application may
 * have started a new server by then.
 *
 * @throws EmbeddedStopFailedError `EMBEDDED_STOP_FAILED`
 */
export async function stopServer(cluster: Cluster): Promise<void> {
  const server = await readPostmasterFile(cluster.data);
  if (server === undefined) return;
  const { code, output } = await runProgram(
    cluster.binaries.pgCtl,
    // Its own way of waiting takes a successor that comes up at once for the server that does not go.
    ['stop', '--mode=fast', '--no-wait', '--silent', `--pgdata=${cluster.data}`],
    cluster.user,
  );
  const giveUpAt = performance.now() + (code === 0 ? PATIENCE_MS : 0);
  while (await isThere(cluster, server)) {
    if (performance.now() > giveUpAt) throw EmbeddedStopFailedError.create(cluster.dir, output || 'it does not end');
    await delay(POLL_MS);
  }
}

async function isThere({ data }: Cluster, server: PostmasterFile): Promise<boolean> {
  const now = await readPostmasterFile(data);
  return now?.pid === server.pid && (await findPidHolder(server.pid, [data, server.data])) === 'postmaster';
}
