import { chmod, cp, mkdtemp, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readText } from '../server/read-text.js';
import type { SystemUser } from './cluster.types.js';
import { exists, systemCode } from './file-system.js';
import { findBlockingFolder } from './find-blocking-folder.js';
import { makeSystemFolder } from './make-system-folder.js';

/**
 * A native folder that the database's user can reach: the given one, or else a copy in a system folder, made once for
 * each version of the package.
 */
export async function shareBinaries(native: string, user: SystemUser, log: (message: string) => void): Promise<string> {
  const programs = await realpath(join(native, 'bin', 'postgres'));
  const blocking = await findBlockingFolder(programs, user);
  if (blocking === undefined) return native;
  const home = await makeSystemFolder(`postgresql-${await packageVersion(native)}-${process.arch}`, log);
  const copy = join(home, 'native');
  if (!(await exists(copy))) {
    log(`the user ${user.name} may not pass ${blocking}: copying PostgreSQL's programs to ${copy}`);
    await copyOnce(native, home, copy);
  }
  return copy;
}

/** Seen whole or not at all, also after a crash in the middle or with two applications at once. */
async function copyOnce(native: string, home: string, copy: string): Promise<void> {
  const partial = await mkdtemp(join(home, 'partial-'));
  try {
    const inside = join(partial, 'native');
    await cp(native, inside, { recursive: true, verbatimSymlinks: true });
    await openToAll(inside);
    await rename(inside, copy).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** An installation under a tight umask leaves files that only their owner may read. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

async function packageVersion(native: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8'));
  return (readText(manifest, 'version') ?? 'unversioned').replace(/[^\w.-]/g, '_');
}
