import type pg from 'pg';
import type { Cluster } from './cluster.types.js';
import type { Membership } from './join-server.js';
import { observeCluster } from './observe-cluster.js';
import { waitUntilAlone } from './other-clients.js';
import { readPasswords } from './passwords.js';
import { isServerGone, openSession, withClusterLock } from './session.js';
import { stopServer } from './stop-server.js';

/**
 * Stops the server when nobody else is connected to it, else leaves it to them. Under the lock that a joining
 * application takes too, so that none joins a server that is about to stop.
 *
 * @throws EmbeddedStopFailedError `EMBEDDED_STOP_FAILED`
 */
export async function leaveServer(cluster: Cluster, membership: Membership, log: (m: string) => void): Promise<void> {
  let session: pg.Client | undefined;
  try {
    session = await keepOrReopen(cluster, membership);
    const alone = session;
    if (alone === undefined) {
      log('the embedded PostgreSQL is down already');
      return;
    }
    await withClusterLock(alone, async () => {
      const others = await waitUntilAlone(alone);
      if (others.length === 0) await stopServer(cluster);
      else log(`leaving the embedded PostgreSQL running for other connections: ${others.join(', ')}`);
    });
  } catch (error) {
    if (!isServerGone(error)) throw error;
    log('the embedded PostgreSQL was stopped by somebody else');
  } finally {
    await session?.end().catch(() => undefined);
  }
}

/** The session of old, or a new one when the server was restarted under it (it does so after a crash of a part). */
async function keepOrReopen(cluster: Cluster, membership: Membership): Promise<pg.Client | undefined> {
  const { client, socket } = membership.session;
  socket.ref();
  const works = await client.query('SELECT 1').then(
    () => true,
    () => false,
  );
  if (works) return client;
  await client.end().catch(() => undefined);
  const state = await observeCluster(cluster);
  if (state.kind !== 'running') return undefined;
  const reopened = openSession(state.port, await readPasswords(cluster.data));
  await reopened.client.connect();
  return reopened.client;
}
