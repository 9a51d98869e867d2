import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Cluster } from './create-cluster.js';
import { EmbeddedStopFailedError } from './embedded.error.js';
import { observeCluster } from './observe-cluster.js';
import { isAlive, readPostmasterFile } from './postmaster-file.js';
import { runProgram } from './run-program.js';
import { isServerGone, openSession, withClusterLock, type Session } from './session.js';

// Connections that were just closed, or whose process was killed, take a moment to leave the server's list.
const GOODBYE_MS = 1_000;
const STOP_MS = 60_000;
const POLL_MS = 20;

/**
 * Stops the server when nobody else is connected to it, else leaves it to them. Under the lock that a joining
 * application takes too, so that none joins a server that is about to stop.
 *
 * @param held the session of the application that leaves. It may be broken: the server restarts when a part of it crashes.
 * @throws EmbeddedStopFailedError `EMBEDDED_STOP_FAILED`
 */
export async function leaveServer(cluster: Cluster, held: Session, log: (message: string) => void): Promise<void> {
  held.socket.ref();
  await held.client.end().catch(() => undefined);
  const state = await observeCluster(cluster);
  if (state.kind !== 'running') {
    log('the embedded PostgreSQL is down already');
    return;
  }
  const { client } = openSession(state.port, held.passwords);
  try {
    await client.connect();
    await withClusterLock(client, async () => {
      const others = await waitUntilAlone(client);
      if (others.length === 0) await stopServer(cluster);
      else log(`leaving the embedded PostgreSQL running for other connections: ${others.join(', ')}`);
    });
  } catch (error) {
    if (!isServerGone(error)) throw error;
    log('the embedded PostgreSQL was stopped by somebody else');
  } finally {
    await client.end().catch(() => undefined);
  }
}

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
  const giveUpAt = performance.now() + (code === 0 ? STOP_MS : 0);
  while ((await readPostmasterFile(cluster.data))?.pid === server.pid && isAlive(server.pid)) {
    if (performance.now() > giveUpAt) throw EmbeddedStopFailedError.create(cluster.dir, output || 'it does not end');
    await delay(POLL_MS);
  }
}

/** @returns the other clients that stay, as `name (count)`; none when this connection is alone. */
async function waitUntilAlone(client: pg.Client): Promise<string[]> {
  const giveUpAt = performance.now() + GOODBYE_MS;
  for (;;) {
    const { rows } = await client.query<{ name: string; count: string }>(
      `SELECT coalesce(nullif(application_name, ''), 'unnamed') AS name, count(*) AS count
         FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        GROUP BY 1 ORDER BY 1`,
    );
    if (rows.length === 0 || performance.now() > giveUpAt) return rows.map(({ name, count }) => `${name} (${count})`);
    await delay(POLL_MS);
  }
}
