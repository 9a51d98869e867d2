import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../../start.error.js';
import { canReach, runProgram, SYSTEM_FOLDER, type SystemUser } from './system-user.js';

/** The folder of a PostgreSQL cluster, and the folder of PostgreSQL's programs. All paths are absolute. */
export interface Cluster {
  readonly dir: string;
  readonly programs: string;
  /** The user that runs PostgreSQL; absent if it is the same user that runs this process. */
  readonly user: SystemUser | undefined;
  /** Receives one line at a time. A line never contains a password. */
  readonly log: (message: string) => void;
}

export type Settings = Readonly<Record<string, string>>;

/**
 * The file with the superuser's password. The file is in the data folder. A copy of the data thus contains the password. PostgreSQL ignores
 * unknown files.
 */
export const PASSWORD_FILE = 'embedded-password';

/**
 * Makes an empty cluster in `dir/data`, unless a cluster exists. A crash leaves no partial cluster, because the cluster is made elsewhere
 * and moved in one step. If PostgreSQL's user cannot enter `dir`, then `data` is a symbolic link to another folder.
 * @throws `EMBEDDED_START_FAILED` when initdb fails
 */
export async function createCluster(cluster: Cluster, settings: Settings): Promise<void> {
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
  if (code !== 0) throw StartError.ofEmbedded(`initdb failed:\n${output}\n`);
  await rename(passwordFile, join(data, PASSWORD_FILE));
  return data;
}
