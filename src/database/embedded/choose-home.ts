import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { chooseUser, findBlockingFolder, SYSTEM_FOLDER } from './choose-user.js';
import { EmbeddedFolderRefusedError, EmbeddedFolderUnreachableError } from './embedded.error.js';
import { exists } from './file-system.js';
import type { SystemUser } from './run-program.js';

/** The folder of the cluster, existing and real, and whom PostgreSQL runs as there. */
export interface Home {
  dir: string;
  user: SystemUser | undefined;
}

/**
 * Makes the wished folder. As root, a default folder that the database's user cannot reach, as below `/root`, is
 * replaced by one below {@link SYSTEM_FOLDER}, also in later starts.
 *
 * @throws EmbeddedFolderRefusedError `EMBEDDED_FOLDER_REFUSED`
 * @throws EmbeddedFolderUnreachableError `EMBEDDED_FOLDER_UNREACHABLE`, as root, for a wished folder out of reach.
 */
export async function chooseHome(dir: string, isDefault: boolean, log: (message: string) => void): Promise<Home> {
  const wished = resolve(dir);
  // pg_ctl hands the paths to a shell in double quotes.
  if (/["$`\\\n]/.test(wished) && process.platform !== 'win32') {
    throw EmbeddedFolderRefusedError.create(wished, 'its name has a quote, $, \\ or line break');
  }
  const user = await chooseUser(join(wished, 'data'));
  const made = await makeFolder(wished);
  if (user === undefined) return { dir: made, user };
  const blocking = await findBlockingFolder(made, user);
  const stead = join(SYSTEM_FOLDER, createHash('sha256').update(wished).digest('hex').slice(0, 12));
  if (isDefault && (blocking !== undefined || (await exists(stead)))) {
    log(`keeping the embedded PostgreSQL in ${stead} instead of ${wished}, which the user ${user.name} may not reach`);
    return chooseHome(stead, false, log);
  }
  if (blocking !== undefined) throw EmbeddedFolderUnreachableError.create(wished, user.name, blocking);
  return { dir: made, user };
}

async function makeFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return realpath(path);
}
