import { createHmac, randomInt, randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, errorMessage } from '../../../audit/nest-free.js';
import { createCluster, type Cluster, type Settings } from './create-cluster.js';
import { StartError } from '../../start.error.js';
import { prepareApplicationDatabase } from './prepare-application-database.js';
import { connect, leaveServer, startServer, type Session } from './server.js';
import { chooseUser, findPrograms } from './system-user.js';

export interface EmbeddedPostgresOptions {
  /** The folder for the cluster and for the files with the server's addresses, relative to the working directory. A missing folder is made. */
  readonly dir: string;
  /** Server settings by name. The settings apply only if this call makes the cluster. */
  readonly serverSettings?: Settings;
  /** Receives one line at a time. A line never contains a password. */
  readonly log: (message: string) => void;
}

/** A running server that this application uses and may stop. */
export interface EmbeddedPostgres {
  /** The address for the role `app`, which owns the database `app` and is not a superuser. Contains the password. */
  readonly url: string;
  /** The superuser's address for the database `postgres`. Contains the password. */
  readonly superuserUrl: string;
  /** Stops the server, unless other clients are connected to it. Idempotent. Close your own pools before you call this method. */
  stop(): Promise<void>;
}

// The settings leave durability at PostgreSQL's default: on.
const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', timezone: 'UTC', log_timezone: 'UTC' };
const PATIENCE_MS = 60_000;
const POLL_MS = 250;
// Failures after which a retry helps: another process starts or stops the server, or uses its port.
const PASSING =
  /postmaster\.pid" (?:already exists|is empty)|any TCP\/IP sockets|pre-existing shared memory block|start in time/;
const GONE = /^(?:57P0|08|ECONN|EPIPE)|terminated|timeout/i;
// Only one process at a time may prepare the role and the database, or stop the server.
const LOCK = 'SELECT pg_advisory_lock(7205759403)';

/**
 * Starts PostgreSQL on 127.0.0.1 with the data in `dir`, or joins the server that already uses this folder. When the promise resolves, the
 * database `app` accepts connections. The files `url` and `superuser.url` then contain the addresses: `psql "$(cat url)"`.
 * @throws `EMBEDDED_START_FAILED`
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, serverSettings } = options;
  const wished = resolve(options.dir);
  try {
    await mkdir(wished, { recursive: true });
    const dir = await realpath(wished);
    const user = await chooseUser(join(dir, 'data'));
    const cluster = { dir, user, log, programs: await findPrograms(user, log) };
    await createCluster(cluster, { ...SETTINGS, port: String(choosePort()), ...serverSettings });
    return await useServer(cluster, await joinServer(cluster));
  } catch (error) {
    if (!/^E[A-Z]+$/.test(errorCode(error) ?? '')) throw error; // only an error of the file system is reported below
    throw StartError.ofEmbedded(`the folder ${wished} fails with ${errorMessage(error)}`, error);
  }
}

/** Another process may start or stop the server at any time, so the function retries. */
async function joinServer(cluster: Cluster): Promise<Session> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  let port: number | undefined;
  let failure: string | undefined;
  for (;;) {
    const session = await connect(cluster);
    if (session !== undefined && (await prepare(session))) return session;
    if (failure === undefined) cluster.log(`starting the PostgreSQL of ${cluster.dir}`);
    failure = await startServer(cluster, port);
    if (failure === undefined) continue;
    if (!PASSING.test(failure) || performance.now() > giveUpAt) throw StartError.ofEmbedded(`${failure}\n`);
    if (failure.includes('TCP/IP sockets')) port = choosePort(); // another process already uses the port
    await delay(POLL_MS);
  }
}

/** Resolves with `false` if the server stopped meanwhile. */
async function prepare({ client, password }: Session): Promise<boolean> {
  try {
    await client.query(LOCK);
    await prepareApplicationDatabase(client, applicationPassword(password));
    await client.query('SELECT pg_advisory_unlock_all()');
    return true;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (GONE.test(`${errorCode(error) ?? ''} ${errorMessage(error)}`)) return false;
    throw error;
  }
}

/** Keeps the session open, so that no other application stops the server. */
async function useServer(cluster: Cluster, held: Session): Promise<EmbeddedPostgres> {
  const addressOf = (user: string, password: string, database: string): string =>
    `postgres://${user}:${password}@127.0.0.1:${held.client.port}/${database}`;
  const url = addressOf('app', applicationPassword(held.password), 'app');
  const superuserUrl = addressOf('postgres', held.password, 'postgres');
  await replaceFile(join(cluster.dir, 'url'), url);
  await replaceFile(join(cluster.dir, 'superuser.url'), superuserUrl);
  held.socket.unref(); // a process that does not call stop() can still end
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    held.socket.ref();
    await held.client.end().catch(() => undefined);
    const { client } = (await connect(cluster)) ?? {}; // the held session may be broken, because the server restarts after a crash
    if (client === undefined) return;
    await client.query(LOCK);
    await leaveServer(cluster, client);
    await client.end().catch(() => undefined);
  };
  return { url, superuserUrl, stop: () => (stopped ??= stop()) };
}

/** The range is below the ports of outgoing connections. PostgreSQL reports a port that another process uses. */
const choosePort = (): number => randomInt(20_000, 32_768);

function applicationPassword(superuserPassword: string): string {
  return createHmac('sha256', superuserPassword).update('app').digest('base64url');
}

/** Writes a file that only the process's user can read. A process that reads the file meanwhile gets either the old text or the new text. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.${randomUUID()}`;
  await writeFile(next, `${text}\n`, { mode: 0o600 });
  await rename(next, path);
}
