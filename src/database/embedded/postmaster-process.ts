import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemCode } from './file-system.js';
import { runProgram } from './run-program.js';

/** What stands behind a process id: the server of the data folder, another process (the id was reused), or nothing. */
export type PidHolder = 'postmaster' | 'other' | 'none';

/**
 * Tells a living server from a process that was given the id of a dead one.
 *
 * @param folders the names that the data folder goes by; a server has one of them on its command line.
 */
export async function findPidHolder(pid: number, folders: readonly string[]): Promise<PidHolder> {
  if (!isAlive(pid)) return 'none';
  const command = await readCommand(pid);
  if (process.platform === 'linux') {
    const [program = '', ...args] = command.split('\0');
    const own = args.some((arg, at) => arg === '-D' && folders.includes(args[at + 1] ?? ''));
    return basename(program) === 'postgres' && own ? 'postmaster' : 'other';
  }
  if (process.platform === 'win32') return command.includes('postgres.exe') ? 'postmaster' : 'other';
  return folders.some((folder) => command.includes(`postgres -D ${folder}`)) ? 'postmaster' : 'other';
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // There is a process, of another user.
    return systemCode(error) === 'EPERM';
  }
}

async function readCommand(pid: number): Promise<string> {
  // A process that ended meanwhile has none, and counts as another.
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (process.platform === 'win32') return (await runProgram('tasklist', ['/FI', `PID eq ${pid}`, '/NH'])).output;
  return (await runProgram('ps', ['-o', 'command=', '-p', String(pid)])).output;
}
