import { setTimeout as delay } from 'node:timers/promises';
import { choosePort, isFree } from './choose-port.js';
import { createCluster, type Cluster } from './create-cluster.js';
import {
  EmbeddedPortMismatchError,
  EmbeddedServerUnreachableError,
  EmbeddedStartFailedError,
  EmbeddedVersionMismatchError,
} from './embedded.error.js';
import { joinServer, type Membership } from './join-server.js';
import { stopServer } from './leave-server.js';
import { observeCluster, type ClusterState } from './observe-cluster.js';
import { readPasswords } from './passwords.js';
import { postmasterFilePath, readPostmasterFile } from './postmaster-file.js';
import { readLogTail } from './server-log.js';
import { startServer } from './start-server.js';

/** How a server that is started here shall be, and where the moves are told. */
export interface Wish {
  port?: number;
  serverSettings?: Record<string, string>;
  log: (message: string) => void;
}

// Recovery after a crash replays the log written since the last checkpoint: minutes at the worst.
const PATIENCE_MS = 10 * 60_000;
const MAX_FAILED_MOVES = 50;
const POLL_MS = 100;

/*
 *   foreign ──▶ error                 (data of another major version)
 *
 *   absent ──initdb──▶ stopped ──pg_ctl start──▶ running ──join──▶ joined
 *                         ▲                       ▲   │
 *                         ├───────────────────────┼───┘ it does not answer
 *                      changing ──────wait────────┘
 *              (starting or stopping, by whomever)
 *
 * Each move ends in a new look, never in a belief: the other end of every arrow may be another application's doing.
 */

/**
 * Moves the cluster, from whatever state it is in, to a running server that this application has joined. When it fails,
 * the server that it started is stopped again.
 *
 * @throws EmbeddedVersionMismatchError `EMBEDDED_VERSION_MISMATCH`
 * @throws EmbeddedPortMismatchError `EMBEDDED_PORT_MISMATCH`
 * @throws EmbeddedServerUnreachableError `EMBEDDED_SERVER_UNREACHABLE`
 * @throws EmbeddedStartFailedError `EMBEDDED_START_FAILED`, also when it does not come up in ten minutes.
 */
export async function moveToJoined(cluster: Cluster, wish: Wish): Promise<Membership> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  let seen = '';
  let isStartedHere = false;
  try {
    for (let failedMoves = 0; failedMoves < MAX_FAILED_MOVES && performance.now() < giveUpAt;) {
      const state = await observeCluster(cluster);
      if (state.kind !== seen && NEXT[seen] !== state.kind) wish.log(describe(state, cluster));
      seen = state.kind;
      const moved = await move(cluster, state, wish);
      if (typeof moved === 'object') return moved;
      if (moved === 'started') isStartedHere = true;
      if (moved === 'failed') failedMoves += 1;
      if (moved === 'failed' || moved === 'waited') await delay(POLL_MS);
    }
    throw await explainFailure(cluster, seen);
  } catch (error) {
    if (isStartedHere) await stopServer(cluster).catch(() => undefined);
    throw error;
  }
}

/** What a move leads to if all goes well: nothing to report. */
const NEXT: Readonly<Record<string, ClusterState['kind']>> = { absent: 'stopped', stopped: 'running' };

type Moved = Membership | 'made' | 'started' | 'waited' | 'failed';

async function move(cluster: Cluster, state: ClusterState, wish: Wish): Promise<Moved> {
  switch (state.kind) {
    case 'absent':
      await createCluster(cluster, wish.serverSettings);
      return 'made';
    case 'foreign':
      throw EmbeddedVersionMismatchError.create(cluster.data, state.version, cluster.binaries.majorVersion);
    case 'stopped':
      return start(cluster, wish);
    case 'changing':
      return 'waited';
    case 'running':
      // Where nobody listens, the process is another one that got the id of a dead server. PostgreSQL decides.
      return (await join(cluster, state, wish)) ?? ((await isFree(state.port)) ? start(cluster, wish) : 'failed');
  }
}

async function start(cluster: Cluster, { port, serverSettings }: Wish): Promise<'started' | 'failed'> {
  await readPasswords(cluster.data); // without them, nobody could use the server
  const outcome = await startServer(cluster, await choosePort(cluster.dir, port), serverSettings);
  return outcome === 'started' ? 'started' : 'failed';
}

async function join(
  cluster: Cluster,
  { port, pid }: Extract<ClusterState, { kind: 'running' }>,
  wish: Wish,
): Promise<Membership | undefined> {
  const joined = await joinServer(cluster, port);
  if (joined === undefined || wish.port === undefined || wish.port === port) return joined;
  await joined.session.client.end();
  throw EmbeddedPortMismatchError.create(cluster.dir, port, wish.port, pid);
}

async function explainFailure(cluster: Cluster, seen: string): Promise<Error> {
  const tail = await readLogTail(cluster);
  const server = await readPostmasterFile(cluster.data);
  return server === undefined
    ? EmbeddedStartFailedError.create(cluster.logFile, `it stays ${seen} however often it is tried`, tail)
    : EmbeddedServerUnreachableError.create(postmasterFilePath(cluster.data), server.pid, tail);
}

function describe(state: ClusterState, { data }: Cluster): string {
  switch (state.kind) {
    case 'absent':
      return `making a PostgreSQL cluster in ${data}`;
    case 'foreign':
      return `${data} is of PostgreSQL ${state.version}`;
    case 'stopped':
      return `starting the PostgreSQL of ${data}`;
    case 'changing':
      return `the PostgreSQL of ${data} is ${state.doing}; waiting`;
    case 'running':
      return `the PostgreSQL of ${data} runs on 127.0.0.1:${state.port}; joining`;
  }
}
