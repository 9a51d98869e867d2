import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../../src/shop/database/embedded/start-embedded-postgres.js';
import { migrate } from '../../../../src/shop/database/migrate.js';
import { eventually, runSql, tempFolder } from '../../../support/index.js';
import { listChildren, isRunning, signal } from './process-tree.js';
import { makeLedgerRoles } from '../../../support/make-ledger-roles.js';

/** The suite crashes, stops and freezes this PostgreSQL, which has PostgreSQL's own durability. */
export interface FaultCluster {
  /** The address, of the role `app`, stays the same after each start. */
  readonly url: string;
  readonly superuserUrl: string;
  /** Works after every fault. Resolves when the server takes connections. */
  start(): Promise<void>;
  /** `kill -9` of all server processes at once, as a power cut. */
  crash(): Promise<void>;
  /** `kill -9` of one connection's process: PostgreSQL then restarts all its processes. */
  crashOneBackend(): Promise<void>;
  /** `pg_ctl stop -m fast`: connections end, everything is on disk. Resolves when the server is gone. */
  stop(): Promise<void>;
  /** Pauses all processes like a hanging disk or machine: connections stay, and nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  remove(): Promise<void>;
}

export async function startFaultCluster(): Promise<FaultCluster> {
  const dir = await tempFolder('audit-fault-');
  await chmod(dir, 0o755); // as root, the server runs as another user
  let server: EmbeddedPostgres | undefined;
  let frozen: readonly number[] = [];
  const start = async (): Promise<EmbeddedPostgres> => {
    server = await startEmbeddedPostgres({ dir, log: () => undefined });
    return server;
  };
  const postmaster = async (): Promise<number> =>
    Number((await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
  const everyProcess = async (): Promise<readonly number[]> => {
    const pid = await postmaster();
    return [pid, ...(await listChildren(pid))];
  };
  const { url, superuserUrl } = await start();
  await makeLedgerRoles(superuserUrl, url); // one login for all
  await migrate(url);
  await runSql(url, 'CREATE TABLE load_order (id text PRIMARY KEY)');
  return {
    url,
    superuserUrl,
    start: async () => {
      await start();
    },
    crash: async () => {
      const pids = await everyProcess();
      for (const pid of pids) signal(pid, 'SIGKILL');
      await eventually(async () => !(await Promise.all(pids.map(isRunning))).includes(true));
    },
    crashOneBackend: async () => {
      const [backend] = await runSql(
        url,
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'nestjs-audit-ledger' LIMIT 1`,
      );
      if (backend !== undefined) signal(Number(backend.pid), 'SIGKILL');
    },
    stop: async () => {
      const pid = await postmaster();
      signal(pid, 'SIGINT');
      await eventually(async () => !(await isRunning(pid)));
    },
    freeze: async () => {
      frozen = await everyProcess();
      for (const pid of frozen) signal(pid, 'SIGSTOP');
    },
    thaw: async () => {
      for (const pid of frozen) signal(pid, 'SIGCONT');
      frozen = [];
      await eventually(() => runSql(url, 'SELECT 1').catch(() => undefined));
    },
    remove: async () => {
      for (const pid of frozen) signal(pid, 'SIGCONT');
      await server?.stop();
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
