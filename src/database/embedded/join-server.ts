import type { Cluster } from './create-cluster.js';
import { EmbeddedLoginRefusedError } from './embedded.error.js';
import { systemCode } from './file-system.js';
import { passwordsFile, readPasswords } from './passwords.js';
import { prepareApplicationDatabase } from './prepare-application-database.js';
import { isServerGone, openSession, withClusterLock, writeUrl, type Session } from './session.js';

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
 * Joins a server that takes connections, no matter who started it, and sees to its role and database.
 *
 * @returns undefined when the server is not there, or went away meanwhile.
 * @throws EmbeddedLoginRefusedError `EMBEDDED_LOGIN_REFUSED`
 */
export async function joinServer(cluster: Cluster, port: number): Promise<Membership | undefined> {
  const passwords = await readPasswords(cluster.data);
  const session = openSession(port, passwords);
  try {
    await session.client.connect();
    await withClusterLock(session.client, () => prepareApplicationDatabase(session.client, passwords));
    const { rows } = await session.client.query<{ server_version: string }>('SHOW server_version');
    session.socket.unref();
    return {
      session,
      port,
      version: rows[0]?.server_version ?? cluster.binaries.version,
      url: writeUrl('app', passwords.app, port, 'app'),
      superuserUrl: writeUrl('postgres', passwords.superuser, port, 'postgres'),
    };
  } catch (error) {
    await session.client.end().catch(() => undefined);
    if (isServerGone(error)) return undefined;
    if (systemCode(error) !== '28P01') throw error;
    throw EmbeddedLoginRefusedError.create(port, passwordsFile(cluster.data), error);
  }
}
