import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { DatabaseError } from '../database.error.js';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Chooses the user that runs PostgreSQL if this process is root: the owner of existing data, else `postgres`, else `nobody`.
 * @throws DatabaseError (`EMBEDDED_START_FAILED`) when there is no such user
 */
export async function chooseUser(data: string): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(data).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([runProgram('id', ['-u', name]), runProgram('id', ['-g', name])]);
    if (uid.code === 0 && gid.code === 0) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw DatabaseError.notStarted('it cannot run as root, and this machine has neither user postgres nor nobody');
}

/** Whether the user can enter the folder, or run the program, at the path. The kernel decides, since mode bits are not enough. */
export async function canReach(user: SystemUser | undefined, path: string): Promise<boolean> {
  return user === undefined || (await runProgram('test', ['-x', path], user)).code === 0;
}

/** Runs a program to its end as the user, in English, out of reach of Ctrl-C. Never rejects: a failed start has no exit code. */
export function runProgram(
  program: string,
  args: readonly string[],
  user?: SystemUser,
): Promise<{ readonly code: number | null; readonly output: string }> {
  // The application's environment contains its secrets, and a server shows its environment to every superuser.
  const { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, SystemRoot, TEMP, TMP, TMPDIR } = process.env;
  const env = { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, SystemRoot, TEMP, TMP, TMPDIR, LC_ALL: 'C' };
  return new Promise((resolve) => {
    // The other user may lack access to the application's working directory.
    const options = { ...(user && { uid: user.uid, gid: user.gid }), env, cwd: '/', detached: true, windowsHide: true };
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code, output: output.trim() }));
  });
}
