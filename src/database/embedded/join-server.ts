import type { Cluster } from './cluster.types.js';
import { EmbeddedPortMismatchError } from './embedded.error.js';
import { waitUntilAlone } from './other-clients.js';
import { readPasswords } from './passwords.js';
import { prepareApplicationDatabase } from './prepare-application-database.js';
import { explainLogin, isServerGone, openSession, withClusterLock, writeUrl, type Session } from './session.js';
import { stopServer } from './stop-server.js';

/** This application's part in a running server. */
export interface Membership {
  /** Held open as long as the application uses the server: others that stop see that somebody is left. */
  session: Session;
  port: number;
  /** The server's own; an adopted one may be of an earlier installation than the programs. */
  version: string;
  url: string;
  superuserUrl: string;
}

/**
 * Joins a server that takes connections, whoever started it, and sees to its role and database.
 *
 * @returns undefined when the server went away meanwhile, or was stopped to come up on the asked port.
 * @throws EmbeddedLoginRefusedError `EMBEDDED_LOGIN_REFUSED`
 * @throws EmbeddedPortMismatchError `EMBEDDED_PORT_MISMATCH`
 */
export async function joinServer(
  cluster: Cluster,
  port: number,
  askedPort: number | undefined,
): Promise<Membership | undefined> {
  const passwords = await readPasswords(cluster.data);
  const session = openSession(port, passwords);
  try {
    await session.client.connect();
    const version = await withClusterLock(session.client, async () => {
      if (askedPort !== undefined && askedPort !== port) {
        if ((await waitUntilAlone(session.client)).length > 0) {
          throw EmbeddedPortMismatchError.create(cluster.dir, port, askedPort);
        }
        await stopServer(cluster);
        return undefined;
      }
      await prepareApplicationDatabase(session.client, passwords);
      const { rows } = await session.client.query<{ server_version: string }>('SHOW server_version');
      return rows[0]?.server_version ?? cluster.binaries.version;
    });
    if (version === undefined) return undefined;
    session.socket.unref();
    return {
      session,
      port,
      version,
      url: writeUrl('app', passwords.app, port, 'app'),
      superuserUrl: writeUrl('postgres', passwords.superuser, port, 'postgres'),
    };
  } catch (error) {
    await session.client.end().catch(() => undefined);
    if (isServerGone(error)) return undefined;
    throw explainLogin(error, cluster, port);
  }
}
