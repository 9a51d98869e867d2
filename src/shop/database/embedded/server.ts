import { readFile, realpath, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { errorCode } from '../../../audit/nest-free.js';
import { PASSWORD_FILE, type Cluster } from './create-cluster.js';
import { StartError } from '../../start.error.js';
import { runProgram } from './system-user.js';

const CLOSE_TIMEOUT_MS = 1_000;
const STOP_MS = 60_000;
const POLL_MS = 50;

/** An open connection of the superuser to a running server. */
export interface Session {
  readonly client: pg.Client;
  readonly socket: Socket;
  readonly password: string;
}

/** Connects to the cluster's server, even if another process started it. Resolves with undefined if no server is ready. */
export async function connect({ dir }: Cluster): Promise<Session | undefined> {
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
    if (errorCode(error) !== '28P01') return undefined;
    throw StartError.ofEmbedded(`the server refuses the password of ${dir}/data/${PASSWORD_FILE}`, error);
  }
}

/**
 * Starts the server in its own session, so that neither Ctrl-C nor the end of this process stops the server. If the server does not accept
 * connections, resolves with the last part of the server's output. The default port is the port in the cluster's settings.
 */
export async function startServer({ dir, programs, user }: Cluster, port?: number): Promise<string | undefined> {
  const data = await realpath(join(dir, 'data'));
  const log = join(data, 'server.log');
  const before = (await stat(log).catch(() => undefined))?.size;
  const options = port === undefined ? [] : [`--options=-p ${port}`];
  const start = ['start', '--wait', '--silent', `--pgdata=${data}`, `--log=${log}`, ...options];
  const { code, output } = await runProgram(join(programs, 'pg_ctl'), start, user);
  return code === 0 ? undefined : `${output}\n${String((await readFile(log)).subarray(before)).slice(-2_000)}`;
}

/** Stops the server if no other client is connected. */
export async function leaveServer({ dir, log }: Cluster, client: pg.Client): Promise<void> {
  const { pid } = await readServerFile(dir);
  const startedAt = performance.now();
  let others = await readOthers(client);
  // PostgreSQL lists a connection for a moment after it was closed, or after its process was killed.
  for (; others !== '' && performance.now() < startedAt + CLOSE_TIMEOUT_MS; others = await readOthers(client))
    await delay(POLL_MS);
  if (others !== '') {
    log(`leaving the embedded PostgreSQL running for other connections: ${others}`);
    return;
  }
  process.kill(pid, 'SIGINT');
  while ((await readServerFile(dir)).pid === pid && performance.now() < startedAt + STOP_MS) await delay(POLL_MS);
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
