import { join } from 'node:path';
import { chooseHome } from './choose-home.js';
import type { Cluster } from './create-cluster.js';
import { onFolder, replaceFile } from './file-system.js';
import { leaveServer } from './leave-server.js';
import { findNativeFolder, openBinaries } from './load-binaries.js';
import { moveToJoined } from './move-cluster.js';
import { writeServerArguments } from './start-server.js';

/** What to start and where. */
export interface EmbeddedPostgresOptions {
  /** The folder of the cluster, its log and its address files; made when absent. Relative to the working directory. */
  dir: string;
  /**
   * Whether `dir` is the application's default rather than somebody's wish. As root, a default folder that the
   * database's user cannot reach is replaced by one that it can; a wished one is an error instead.
   */
  dirIsDefault: boolean;
  /**
   * The TCP port on 127.0.0.1.
   *
   * @defaultValue the port of the last start when it is free, else any free one
   */
  port?: number;
  /** Server settings by name, for a server that this call starts; one that already runs keeps its own. */
  serverSettings?: Record<string, string>;
  /** Gets one line at a time, never with a password. */
  log: (message: string) => void;
}

/** A running server that this application uses and may stop. */
export interface EmbeddedPostgres {
  /** Of the role `app`, which owns the database `app` and is not a superuser. Holds the password. */
  url: string;
  /** Of the superuser, to the database `postgres`. Holds the password. */
  superuserUrl: string;
  /** The absolute folder in use; differs from the wished one when that was a default out of reach. */
  dir: string;
  port: number;
  /** Such as `18.4`. */
  version: string;
  /**
   * Stops the server, unless connections of others remain: then it logs that and leaves the server to them.
   * Close your own pools before. Idempotent; when it resolves, the server is down with everything on disk, or was left
   * running.
   *
   * @throws EmbeddedStopFailedError `EMBEDDED_STOP_FAILED`
   */
  stop(): Promise<void>;
}

/**
 * A running PostgreSQL on 127.0.0.1, with the data of earlier starts: makes, starts or joins what the folder calls for.
 * When it resolves, the database `app` takes connections, and the files `url` and `superuser.url` hold the addresses for
 * people, as in `psql "$(cat url)"`. The server outlives this process when that is killed, and the next start joins it.
 * Two applications on one folder share it. What a developer does not meet every day is not repaired but refused.
 *
 * @throws DatabaseError one class a condition, codes `EMBEDDED_…`; each names what to do next.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  // First what is wrong in the options themselves, before anything is made on the disk.
  writeServerArguments(options.port ?? 0, options.serverSettings);
  const native = await findNativeFolder();
  return onFolder(options.dir, async () => {
    const { dir, user } = await chooseHome(options.dir, options.dirIsDefault, options.log);
    const binaries = await openBinaries(native, user, options.log);
    const cluster: Cluster = { dir, data: join(dir, 'data'), logFile: join(dir, 'server.log'), user, binaries };
    const { session, ...server } = await moveToJoined(cluster, options);
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= leaveServer(cluster, session, options.log));
    try {
      await replaceFile(join(dir, 'url'), server.url);
      await replaceFile(join(dir, 'superuser.url'), server.superuserUrl);
    } catch (error) {
      await stop();
      throw error;
    }
    return { ...server, dir, stop };
  });
}
