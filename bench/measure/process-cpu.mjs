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

const NANOSECONDS_A_MICROSECOND = 1_000;

/** The CPU time of the main thread of a process, in microseconds, as the scheduler counts it. Zero once it is gone. */
export async function readMainThreadCpuMicros(pid) {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '0');
  return Number(text.split(' ', 1)[0]) / NANOSECONDS_A_MICROSECOND;
}

/** The CPU time of the threads of a process that run now, the main one by itself: Node collects garbage on the others. */
export async function readThreadsCpuMicros(pid) {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const micros = await Promise.all(threads.map((thread) => readMainThreadCpuMicros(`${pid}/task/${thread}`)));
  const main = micros[threads.indexOf(String(pid))] ?? 0;
  return { main, others: micros.reduce((total, each) => total + each, 0) - main };
}

/** The CPU time of each child of a process that runs now, by its id. */
export async function readEachChildCpuMicros(pid) {
  const stats = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(readStat));
  const children = stats.filter((stat) => stat?.parent === pid);
  return new Map(
    await Promise.all(children.map(async (child) => [child.pid, await readMainThreadCpuMicros(child.pid)])),
  );
}

/** That of all of them. */
export async function readChildrenCpuMicros(pid) {
  return [...(await readEachChildCpuMicros(pid)).values()].reduce((total, micros) => total + micros, 0);
}
