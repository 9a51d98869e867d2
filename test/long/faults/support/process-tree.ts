import { readdir, readFile } from 'node:fs/promises';
import { getErrorCode } from '../../../../src/audit/nest-free.js';

/** Works only on Linux, by /proc. */
export async function listChildren(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const parents = await Promise.all(pids.map(async (pid) => ({ pid, ...(await readStatus(pid)) })));
  return parents.filter(({ parentPid, state }) => parentPid === parent && state !== 'Z').map(({ pid }) => pid);
}

/** A process that ended and was not collected by its parent counts as gone. */
export async function isRunning(pid: number): Promise<boolean> {
  const { state } = await readStatus(pid);
  return state !== undefined && state !== 'Z';
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (getErrorCode(error) !== 'ESRCH') throw error;
  }
}

async function readStatus(pid: number): Promise<{ readonly state?: string | undefined; readonly parentPid?: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold anything; the state and the parent follow its end.
  const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' ? {} : { state, parentPid: Number(parentPid) };
}
