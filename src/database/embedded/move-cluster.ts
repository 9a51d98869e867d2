import { setTimeout as delay } from 'node:timers/promises';
import { choosePort } from './choose-port.js';
import type { Cluster } from './cluster.types.js';
import { createCluster } from './create-cluster.js';
import { EmbeddedStartFailedError, EmbeddedVersionMismatchError } from './embedded.error.js';
import type { EmbeddedPostgresOptions } from './embedded-postgres.types.js';
import { forgetServer } from './forget-server.js';
import { joinServer, type Membership } from './join-server.js';
import { observeCluster, type ClusterState } from './observe-cluster.js';
import { readLogTail } from './server-log.js';
import { startServer } from './start-server.js';

// Recovery after a crash replays the log written since the last checkpoint: minutes at the worst.
const PATIENCE_MS = 10 * 60_000;
const MAX_FAILED_MOVES = 50;
const POLL_MS = 100;

/*
 *   foreign ──▶ error                 (data of another major version)
 *
 *   absent ──initdb──▶ stopped ──pg_ctl start──▶ running ──join──▶ joined
 *                       ▲    ▲                    ▲   │
 *             forget it │    └────────────────────┼───┘ gone meanwhile, or moved to the asked port
 *                       │                         │
 *                     stale       changing ──wait─┴──▶ stopped
 *          (its pid is another's)  (starting or stopping, by whomever)
 *
 * Each move ends in a new look, never in a belief: the other end of every arrow may be another application's doing.
 */

/**
 * Moves the cluster, from whatever state it is in, to a running server that this application has joined.
 *
 * @throws EmbeddedVersionMismatchError `EMBEDDED_VERSION_MISMATCH`
 * @throws EmbeddedStartFailedError `EMBEDDED_START_FAILED`, also when it does not come up in ten minutes.
 */
export async function moveToJoined(cluster: Cluster, options: EmbeddedPostgresOptions): Promise<Membership> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  let seen = '';
  for (let failedMoves = 0; failedMoves < MAX_FAILED_MOVES && performance.now() < giveUpAt;) {
    const state = await observeCluster(cluster);
    if (state.kind !== seen) options.log(describe(state, cluster));
    seen = state.kind;
    const moved = await move(cluster, state, options);
    if (typeof moved === 'object') return moved;
    if (moved === 'failed') failedMoves += 1;
    if (moved !== 'moved') await delay(POLL_MS);
  }
  const tail = await readLogTail(cluster);
  throw EmbeddedStartFailedError.create(cluster.logFile, `it stays ${seen} however often it is tried`, tail);
}

type Moved = Membership | 'moved' | 'waited' | 'failed';

async function move(cluster: Cluster, state: ClusterState, options: EmbeddedPostgresOptions): Promise<Moved> {
  switch (state.kind) {
    case 'absent':
      await createCluster(cluster, options.serverSettings);
      return 'moved';
    case 'foreign':
      throw EmbeddedVersionMismatchError.create(cluster.data, state.version, cluster.binaries.majorVersion);
    case 'stale':
      await forgetServer(cluster.data, state.file);
      return 'moved';
    case 'stopped': {
      const port = await choosePort(cluster.dir, options.port);
      const outcome = await startServer(cluster, port, options.serverSettings);
      return outcome === 'started' ? 'moved' : 'failed';
    }
    case 'changing':
      return 'waited';
    case 'running':
      return (await joinServer(cluster, state.port, options.port)) ?? 'failed';
  }
}

function describe(state: ClusterState, { data }: Cluster): string {
  switch (state.kind) {
    case 'absent':
      return `making a PostgreSQL cluster in ${data}`;
    case 'foreign':
      return `${data} is of PostgreSQL ${state.version}`;
    case 'stale':
      return `the last server of ${data} is gone and its process id (${state.file.pid || 'none'}) is another's; forgetting it`;
    case 'stopped':
      return `starting the PostgreSQL of ${data}`;
    case 'changing':
      return `the PostgreSQL of ${data} is ${state.doing}; waiting`;
    case 'running':
      return `the PostgreSQL of ${data} runs on 127.0.0.1:${state.port}; joining`;
  }
}
