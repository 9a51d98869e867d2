import { readdir, readFile } from 'node:fs/promises';

/** Linux counts CPU time in hundredths of a second, on every architecture on which Node runs. */
const MICROSECONDS_A_TICK = 10_000;

export async function readProcessCpuMicros(pid) {
  const stat = await readStat(pid);
  return stat === undefined ? 0 : (stat.user + stat.system) * MICROSECONDS_A_TICK;
}

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
  // The second field is the name in parentheses, which may contain anything, so the other fields are counted from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, endedChildrenUser, endedChildrenSystem] = fields.slice(11, 15).map(Number);
  return { pid: Number(pid), parent: Number(fields[1]), user, system, endedChildrenUser, endedChildrenSystem };
}
