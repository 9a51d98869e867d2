import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { chooseUser } from './choose-user.js';
import type { SystemUser } from './cluster.types.js';
import { EmbeddedFolderRefusedError, EmbeddedFolderUnreachableError } from './embedded.error.js';
import type { EmbeddedPostgresOptions } from './embedded-postgres.types.js';
import { exists } from './file-system.js';
import { findBlockingFolder } from './find-blocking-folder.js';
import { followPath, makeFolder } from './make-folder.js';
import { makeSystemFolder, systemFolders } from './make-system-folder.js';

/** The folder of the cluster, existing and real, and whom PostgreSQL runs as there. */
export interface Home {
  dir: string;
  user: SystemUser | undefined;
}

/**
 * Makes the wished folder, or as root, when it is a default that the database's user cannot reach, one in its stead.
 *
 * @throws EmbeddedFolderUnreachableError `EMBEDDED_FOLDER_UNREACHABLE`, as root, for a wished folder out of reach.
 */
export async function chooseHome(options: EmbeddedPostgresOptions): Promise<Home> {
  const wished = resolve(options.dir);
  // pg_ctl hands the paths to a shell in double quotes.
  if (/["$`\\\n]/.test(wished) && process.platform !== 'win32') {
    throw EmbeddedFolderRefusedError.create(wished, 'its name has a quote, $, \\ or line break');
  }
  const user = await chooseUser(join(wished, 'data'));
  if (user === undefined) return { dir: await makeFolder(wished), user };
  const blocking = await findBlockingFolder((await followPath(wished)).existing, user);
  if (!options.dirIsDefault) {
    if (blocking !== undefined) throw EmbeddedFolderUnreachableError.create(wished, user.name, blocking);
    return { dir: await makeFolder(wished), user };
  }
  const stead = createHash('sha256').update(wished).digest('hex').slice(0, 12);
  // The data of earlier starts must not seem lost once the way to the default folder has been opened.
  const kept = blocking === undefined && !(await hasData(wished)) && (await anyHasData(systemFolders(stead)));
  if (blocking === undefined && !kept) return { dir: await makeFolder(wished), user };
  const dir = await makeSystemFolder(stead, options.log);
  const why = blocking === undefined ? 'it holds the data of earlier starts' : `${user.name} may not pass ${blocking}`;
  options.log(`keeping the embedded PostgreSQL in ${dir} instead of ${wished}: ${why}`);
  return { dir, user: await chooseUser(join(dir, 'data')) };
}

function hasData(dir: string): Promise<boolean> {
  return exists(join(dir, 'data', 'PG_VERSION'));
}

async function anyHasData(dirs: string[]): Promise<boolean> {
  return (await Promise.all(dirs.map(hasData))).includes(true);
}
