import { readdir, readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second, on every architecture that Node runs on. */
const MICROSECONDS_A_TICK = 10_000;

/** The CPU time of a process and all its threads since its start, in microseconds. Zero once it is gone. */
export async function readProcessCpuMicros(pid) {
  const stat = await readStat(pid);
  return stat === undefined ? 0 : (stat.user + stat.system) * MICROSECONDS_A_TICK;
}

/** The CPU time of a process, its children, and the children that have ended, in microseconds. */
export async function readFamilyCpuMicros(pid) {
  const stats = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(readStat));
  let ticks = 0;
  for (const stat of stats) {
    if (stat?.pid === pid) ticks += stat.user + stat.system + stat.endedChildrenUser + stat.endedChildrenSystem;
    else if (stat?.parent === pid) ticks += stat.user + stat.system;
  }
  return ticks * MICROSECONDS_A_TICK;
}

async function readStat(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the name in parentheses, and may hold anything; the others are counted from the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, endedChildrenUser, endedChildrenSystem] = fields.slice(11, 15).map(Number);
  return { pid: Number(pid), parent: Number(fields[1]), user, system, endedChildrenUser, endedChildrenSystem };
}
