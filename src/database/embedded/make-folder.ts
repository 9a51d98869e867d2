import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exists } from './file-system.js';

/** The real path of the deepest folder that exists on the way to `path`, and the names still to be made below it. */
export interface Way {
  existing: string;
  missing: string[];
}

/** Follows a path as far as it exists. */
export async function followPath(path: string): Promise<Way> {
  const missing: string[] = [];
  let existing = path;
  while (!(await exists(existing))) {
    missing.unshift(basename(existing));
    existing = dirname(existing);
  }
  return { existing: await realpath(existing), missing };
}

/**
 * Makes a folder with its parents; those it makes can be passed by all users, whatever the umask.
 *
 * @returns the real path.
 */
export async function makeFolder(path: string): Promise<string> {
  const { existing, missing } = await followPath(path);
  let made = existing;
  for (const name of missing) {
    made = join(made, name);
    await mkdir(made).catch(async (error: unknown) => {
      // Another application on the same folder may have been faster.
      if (!(await exists(made))) throw error;
    });
    await chmod(made, 0o755);
  }
  if (!(await stat(made)).isDirectory()) await mkdir(made);
  return made;
}
