import { join } from 'node:path';
import { chooseHome } from './choose-home.js';
import type { Cluster } from './cluster.types.js';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.types.js';
import { onFolder } from './file-system.js';
import { leaveServer } from './leave-server.js';
import { findNativeFolder, openBinaries } from './load-binaries.js';
import { moveToJoined } from './move-cluster.js';
import { writeServerArguments } from './server-settings.js';
import { shareBinaries } from './share-binaries.js';
import { writeUrlFiles } from './write-url-files.js';

/**
 * A running PostgreSQL on 127.0.0.1, with the data of earlier starts: makes, starts, repairs or joins what the folder
 * calls for. When it resolves, the database `app` takes connections and both address files are written. The server
 * outlives this process when that is killed, and the next start adopts it. Two applications on one folder share it.
 *
 * @throws DatabaseError one class a condition, codes `EMBEDDED_…`; each names what to do next.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  // First what is wrong in the options themselves, before anything is made on the disk.
  writeServerArguments(options.port ?? 0, options.serverSettings);
  const native = await findNativeFolder();
  return onFolder(options.dir, async () => {
    const { dir, user } = await chooseHome(options);
    const binaries = await openBinaries(user ? await shareBinaries(native, user, options.log) : native);
    const cluster: Cluster = { dir, data: join(dir, 'data'), logFile: join(dir, 'server.log'), user, binaries };
    const membership = await moveToJoined(cluster, options);
    await writeUrlFiles(dir, membership);
    let stopped: Promise<void> | undefined;
    return {
      url: membership.url,
      superuserUrl: membership.superuserUrl,
      dir,
      port: membership.port,
      version: membership.version,
      stop: () => (stopped ??= leaveServer(cluster, membership, options.log)),
    };
  });
}
