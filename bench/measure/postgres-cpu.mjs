import { readEachChildCpuMicros } from './process-cpu.mjs';

/** Whose work a backend does, by the name of its session; what has no session works for the server itself. */
const PURPOSES = [
  ['sealing', /^nestjs-audit-ledger.*sequencer/],
  ['bench', /^bench$/],
  ['writing', /./],
];

const SESSIONS = 'SELECT pid, application_name, backend_type FROM pg_stat_activity';

/**
 * What PostgreSQL's processes have used: CPU time in microseconds, by what they are for. One that ended before is not in it.
 *
 * @returns by the id of the process, its purpose (`writing`, `sealing`, `bench` or `server`) and `micros`
 */
export async function readPostgresCpu(cluster) {
  const [sessions, used] = await Promise.all([
    cluster.query('postgres', SESSIONS),
    readEachChildCpuMicros(await cluster.serverPid()),
  ]);
  const purposes = new Map(sessions.map((session) => [session.pid, purposeOf(session)]));
  return new Map([...used].map(([pid, micros]) => [pid, { purpose: purposes.get(pid) ?? 'server', micros }]));
}

function purposeOf({ application_name: name, backend_type: type }) {
  if (type !== 'client backend') return 'server';
  return PURPOSES.find(([, fits]) => fits.test(name))?.[0] ?? 'writing';
}

/** What was used between two readings, by purpose; the benchmark's own sessions are left out. */
export function spentBetween(first, last) {
  const spent = { writing: 0, sealing: 0, server: 0 };
  for (const [pid, { purpose, micros }] of last) {
    if (purpose in spent) spent[purpose] += micros - (first.get(pid)?.micros ?? 0);
  }
  return spent;
}
