import { createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { getErrorCode, getErrorMessage } from '../../../audit/nest-free.js';
import { StartError } from '../../start.error.js';
import { canReach, selectSystemUser, findPrograms, runProgram, SYSTEM_FOLDER, type SystemUser } from './system-user.js';

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
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 250;
// Failures after which a retry helps: another process starts or stops the server, or uses its port.
const TRANSIENT_ERROR =
  /postmaster\.pid" (?:already exists|is empty)|any TCP\/IP sockets|pre-existing shared memory block|start in time/;
const DISCONNECTED = /^(?:57P0|08|ECONN|EPIPE)|terminated|timeout/i;
// Only one process at a time may prepare the role and the database, or stop the server.
const LOCK = 'SELECT pg_advisory_lock(7205759403)';

/**
 * Starts PostgreSQL on 127.0.0.1 with the data in `dir`, or joins the server that already uses this folder. When the promise resolves, the
 * database `app` accepts connections. The files `url` and `superuser.url` then contain the addresses: `psql "$(cat url)"`.
 * @throws `EMBEDDED_START_FAILED`
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, serverSettings } = options;
  const requested = resolve(options.dir);
  try {
    await mkdir(requested, { recursive: true });
    const dir = await realpath(requested);
    const user = await selectSystemUser(join(dir, 'data'));
    const cluster = { dir, user, log, programs: await findPrograms(user, log) };
    await createCluster(cluster, { ...SETTINGS, port: String(choosePort()), ...serverSettings });
    return await useServer(cluster, await joinServer(cluster));
  } catch (error) {
    if (!/^E[A-Z]+$/.test(getErrorCode(error) ?? '')) throw error; // only an error of the file system is reported below
    throw StartError.forEmbedded(`the folder ${requested} fails with ${getErrorMessage(error)}`, error);
  }
}

/** Another process may start or stop the server at any time, so the function retries. */
async function joinServer(cluster: Cluster): Promise<Session> {
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  let port: number | undefined;
  let failure: string | undefined;
  for (;;) {
    const session = await connect(cluster);
    if (session !== undefined && (await prepare(session))) return session;
    if (failure === undefined) cluster.log(`starting the PostgreSQL of ${cluster.dir}`);
    failure = await startServer(cluster, port);
    if (failure === undefined) continue;
    if (!TRANSIENT_ERROR.test(failure) || performance.now() > giveUpAt) throw StartError.forEmbedded(`${failure}\n`);
    if (failure.includes('TCP/IP sockets')) port = choosePort(); // another process already uses the port
    await delay(POLL_MS);
  }
}

/** Resolves with `false` if the server stopped meanwhile. */
async function prepare({ client, password }: Session): Promise<boolean> {
  try {
    await client.query(LOCK);
    await prepareApplicationDatabase(client, deriveApplicationPassword(password));
    await client.query('SELECT pg_advisory_unlock_all()');
    return true;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (DISCONNECTED.test(`${getErrorCode(error) ?? ''} ${getErrorMessage(error)}`)) return false;
    throw error;
  }
}

/** Keeps the session open, so that no other application stops the server. */
async function useServer(cluster: Cluster, held: Session): Promise<EmbeddedPostgres> {
  const buildUrl = (user: string, password: string, database: string): string =>
    `postgres://${user}:${password}@127.0.0.1:${held.client.port}/${database}`;
  const url = buildUrl('app', deriveApplicationPassword(held.password), 'app');
  const superuserUrl = buildUrl('postgres', held.password, 'postgres');
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
    await releaseServer(cluster, client);
    await client.end().catch(() => undefined);
  };
  return { url, superuserUrl, stop: () => (stopped ??= stop()) };
}

/** The range is below the ports of outgoing connections. PostgreSQL reports a port that another process uses. */
const choosePort = (): number => randomInt(20_000, 32_768);

function deriveApplicationPassword(superuserPassword: string): string {
  return createHmac('sha256', superuserPassword).update('app').digest('base64url');
}

/** Writes a file that only the process's user can read. A process that reads the file meanwhile gets either the old text or the new text. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.${randomUUID()}`;
  await writeFile(next, `${text}\n`, { mode: 0o600 });
  await rename(next, path);
}

/** The folder of a PostgreSQL cluster, and the folder of PostgreSQL's programs. All paths are absolute. */
interface Cluster {
  readonly dir: string;
  readonly programs: string;
  /** The user that runs PostgreSQL; absent if it is the same user that runs this process. */
  readonly user: SystemUser | undefined;
  /** Receives one line at a time. A line never contains a password. */
  readonly log: (message: string) => void;
}

type Settings = Readonly<Record<string, string>>;

/**
 * The file with the superuser's password. The file is in the data folder. A copy of the data thus contains the password. PostgreSQL ignores
 * unknown files.
 */
const PASSWORD_FILE = 'embedded-password';

/**
 * Makes an empty cluster in `dir/data`, unless a cluster exists. A crash leaves no partial cluster, because the cluster is made elsewhere
 * and moved in one step. If PostgreSQL's user cannot enter `dir`, then `data` is a symbolic link to another folder.
 * @throws `EMBEDDED_START_FAILED` when initdb fails
 */
async function createCluster(cluster: Cluster, settings: Settings): Promise<void> {
  const data = join(cluster.dir, 'data');
  const isThere = async (): Promise<boolean> => (await stat(join(data, 'PG_VERSION')).catch(() => null)) !== null;
  if (await isThere()) return;
  const isNear = await canReach(cluster.user, cluster.dir);
  if (!isNear) await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  const partial = await mkdtemp(join(isNear ? cluster.dir : SYSTEM_FOLDER, 'new-'));
  try {
    const made = await initialise(cluster, partial, settings);
    await (isNear ? rename(made, data) : symlink(made, data));
    if (isNear) await rm(partial, { recursive: true });
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(await isThere())) throw error; // if the cluster now exists, another application made it first
  }
}

async function initialise({ programs, user }: Cluster, partial: string, settings: Settings): Promise<string> {
  const data = join(partial, 'data');
  const passwordFile = join(partial, PASSWORD_FILE);
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true });
  if (user) for (const path of [partial, passwordFile]) await chown(path, user.uid, user.gid);
  const args = [
    ...[`--pgdata=${data}`, `--pwfile=${passwordFile}`, '--username=postgres', '--auth=scram-sha-256'],
    // This locale sorts by code point, in the same order on every machine.
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
    ...Object.entries(settings).map(([name, value]) => `--set=${name}=${value}`),
    ...(settings.fsync === 'off' ? ['--no-sync'] : []),
  ];
  const { code, output } = await runProgram(join(programs, 'initdb'), args, user);
  if (code !== 0) throw StartError.forEmbedded(`initdb failed:\n${output}\n`);
  await rename(passwordFile, join(data, PASSWORD_FILE));
  return data;
}

const CLOSE_TIMEOUT_MS = 1_000;
const STOP_MS = 60_000;
const STOP_POLL_MS = 50;

/** An open connection of the superuser to a running server. */
interface Session {
  readonly client: pg.Client;
  readonly socket: Socket;
  readonly password: string;
}

/** Connects to the cluster's server, even if another process started it. Resolves with undefined if no server is ready. */
async function connect({ dir }: Cluster): Promise<Session | undefined> {
  const { port, status } = await readServerFile(dir);
  if (status !== 'ready') return undefined;
  const password = await readFile(join(dir, 'data', PASSWORD_FILE), 'utf8');
  const socket = new Socket();
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', password, ssl: false },
    ...{ application_name: 'embedded-postgres', connectionTimeoutMillis: 10_000, stream: () => socket },
  });
  // Without a listener, the error event of a broken connection would end the process. The next query rejects anyway.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return { client, socket, password };
  } catch (error) {
    await client.end().catch(() => undefined);
    if (getErrorCode(error) !== '28P01') return undefined;
    throw StartError.forEmbedded(`the server refuses the password of ${dir}/data/${PASSWORD_FILE}`, error);
  }
}

/**
 * Starts the server in its own session, so that neither Ctrl-C nor the end of this process stops the server. If the server does not accept
 * connections, resolves with the last part of the server's output. The default port is the port in the cluster's settings.
 */
async function startServer({ dir, programs, user }: Cluster, port?: number): Promise<string | undefined> {
  const data = await realpath(join(dir, 'data'));
  const log = join(data, 'server.log');
  const before = (await stat(log).catch(() => undefined))?.size;
  const options = port === undefined ? [] : [`--options=-p ${port}`];
  const start = ['start', '--wait', '--silent', `--pgdata=${data}`, `--log=${log}`, ...options];
  const { code, output } = await runProgram(join(programs, 'pg_ctl'), start, user);
  return code === 0 ? undefined : `${output}\n${String((await readFile(log)).subarray(before)).slice(-2_000)}`;
}

/** Stops the server if no other client is connected. */
async function releaseServer({ dir, log }: Cluster, client: pg.Client): Promise<void> {
  const { pid } = await readServerFile(dir);
  const startedAt = performance.now();
  let others = await readOthers(client);
  // PostgreSQL lists a connection for a moment after it was closed, or after its process was killed.
  for (; others !== '' && performance.now() < startedAt + CLOSE_TIMEOUT_MS; others = await readOthers(client))
    await delay(STOP_POLL_MS);
  if (others !== '') {
    log(`leaving the embedded PostgreSQL running for other connections: ${others}`);
    return;
  }
  process.kill(pid, 'SIGINT');
  while ((await readServerFile(dir)).pid === pid && performance.now() < startedAt + STOP_MS) await delay(STOP_POLL_MS);
}

async function readOthers(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ others: string }>(
    `SELECT coalesce(string_agg(DISTINCT application_name, ', '), '') AS others FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  );
  return rows[0]?.others ?? '';
}

/** The lines of `postmaster.pid`: pid, data folder, start time, port, socket folder, address, shared memory, status. */
async function readServerFile(dir: string): Promise<{ pid: number; port: number; status: string }> {
  const lines = (await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]), status: lines[7]?.trim() ?? '' };
}

/**
 * Makes the role `app` and its database `app`. If the role exists, resets its rights and password. If a run was interrupted, the next run
 * completes it.
 */
export async function prepareApplicationDatabase(client: pg.Client, password: string): Promise<void> {
  // The statements contain a password, which must never get into the server's log.
  await client.query(
    `SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1`,
  );
  const role = await client.query(`SELECT FROM pg_roles WHERE rolname = 'app'`);
  if (role.rowCount === 0) await client.query('CREATE ROLE app');
  await client.query(
    `ALTER ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
       PASSWORD ${client.escapeLiteral(password)}`,
  );
  const database = await client.query(`SELECT FROM pg_database WHERE datname = 'app'`);
  if (database.rowCount === 0) await client.query('CREATE DATABASE app OWNER app');
}
