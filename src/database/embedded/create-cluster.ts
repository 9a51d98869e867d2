import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedDiskFullError, EmbeddedInitFailedError } from './embedded.error.js';
import { exists, giveTo, systemCode, tellsOfFullDisk } from './file-system.js';
import type { Binaries } from './load-binaries.js';
import { makePasswords, passwordsFile, writePasswords } from './passwords.js';
import { runProgram, type SystemUser } from './run-program.js';

/** One cluster's place on this machine and the programs that run it. All paths are absolute and real. */
export interface Cluster {
  dir: string;
  /** What PostgreSQL calls PGDATA. */
  data: string;
  logFile: string;
  /** Whom PostgreSQL runs as; absent when that is the user of this process. */
  user: SystemUser | undefined;
  binaries: Binaries;
}

const PARTIAL_PREFIX = 'new-';

/**
 * Makes an empty cluster with its passwords. It is made aside and appears at `data` in one step, so a crash leaves no
 * half of one, and of two applications that do this at once, one wins and the other uses the winner's.
 *
 * @param settings those of the server; with `fsync` off, it is not waited either until the new files are on the disk.
 * @throws EmbeddedInitFailedError `EMBEDDED_INIT_FAILED`
 * @throws EmbeddedDiskFullError `EMBEDDED_DISK_FULL`
 */
export async function createCluster(cluster: Cluster, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const { fsync } = settings;
  const partial = await mkdtemp(join(cluster.dir, PARTIAL_PREFIX));
  try {
    const made = await initialise(cluster, partial, fsync !== 'off');
    await rename(made, cluster.data);
  } catch (error) {
    const lostRace = await exists(join(cluster.data, 'PG_VERSION'));
    if (!lostRace) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  await removePartials(cluster.dir);
}

async function initialise(cluster: Cluster, partial: string, durable: boolean): Promise<string> {
  const data = join(partial, 'data');
  const passwordFile = join(partial, 'password');
  const passwords = makePasswords();
  await giveTo(cluster.user, partial);
  await writeFile(passwordFile, passwords.superuser, { mode: 0o600 });
  await giveTo(cluster.user, passwordFile);
  const { code, output } = await runProgram(
    cluster.binaries.initdb,
    [
      `--pgdata=${data}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The built-in locale sorts by code point and needs nothing of the machine: the same on all of them.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ],
    cluster.user,
  );
  if (tellsOfFullDisk(output)) throw EmbeddedDiskFullError.create(cluster.dir);
  if (code !== 0) throw EmbeddedInitFailedError.create(cluster.data, output);
  await writePasswords(data, passwords);
  await giveTo(cluster.user, passwordsFile(data));
  return data;
}

/** What crashes and lost races left. A race that still runs loses its folder and then finds the winner's cluster. */
async function removePartials(dir: string): Promise<void> {
  const partials = (await readdir(dir)).filter((name) => name.startsWith(PARTIAL_PREFIX));
  await Promise.all(
    partials.map((name) =>
      rm(join(dir, name), { recursive: true, force: true }).catch((error: unknown) => {
        // Its initdb still writes into it; the next creation or nobody removes it.
        if (systemCode(error) !== 'ENOTEMPTY') throw error;
      }),
    ),
  );
}
