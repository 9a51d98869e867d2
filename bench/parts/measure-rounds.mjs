import { ContenderProcess } from '../contenders/contender-process.mjs';
import { CONTENDERS } from '../contenders/contenders.mjs';
import { ORDER, USER_AGENT } from '../contenders/order.mjs';
import { runClosedLoad } from '../load/closed-load.mjs';
import { makePost } from '../load/http-connection.mjs';
import { readPostgresCpu, spentBetween } from '../measure/postgres-cpu.mjs';
import { readFamilyCpuMicros, readProcessCpuMicros, readThreadsCpuMicros } from '../measure/process-cpu.mjs';
import { CONNECTIONS } from '../schedule.mjs';
import { checkNothingLost } from './check-nothing-lost.mjs';

/** The request that every HTTP contender gets. */
export const ORDER_REQUEST = makePost('/orders', JSON.stringify(ORDER), { 'user-agent': USER_AGENT });

/**
 * Measures HTTP contenders in turn, round by round, each in its own process, the others frozen meanwhile.
 *
 * @param windows by contender, how long each of its windows is, in milliseconds
 * @returns by contender, one measurement a round; or why it was skipped
 * @throws Error for a contender that crashed, refused a request or lost an event
 */
export async function measureRounds(cluster, schedule, { adapter, windows, node = {}, log }) {
  const contenders = await Promise.all(
    Object.keys(windows).map((name) => startHttpContender(cluster, name, adapter, node)),
  );
  const measured = Object.fromEntries(
    contenders.map(({ name, skipped }) => [name, skipped ? { skipped } : { requestsPerSecond: [], cpu: [] }]),
  );
  for (const { name, skipped } of contenders) if (skipped) log(`${name}: skipped, since ${skipped}`);
  const taking = contenders.filter(({ skipped }) => skipped === undefined);
  for (let round = 0; round < schedule.rounds; round++) {
    for (const contender of taking) {
      const window = await measureWindow(cluster, contender, {
        warmUpMs: round === 0 ? schedule.firstWarmUpMs : schedule.warmUpMs,
        windowMs: windows[contender.name],
      });
      measured[contender.name].requestsPerSecond.push(window.requestsPerSecond);
      measured[contender.name].cpu.push(window.cpu);
    }
  }
  for (const contender of contenders) Object.assign(measured[contender.name], await finish(cluster, contender));
  return measured;
}

/** Starts an HTTP contender, frozen. @param settings further ones of {@link ContenderProcess.start} */
export async function startHttpContender(cluster, name, adapter, settings = {}) {
  const contender = await ContenderProcess.start(cluster, { name, args: [name, adapter], ...settings });
  contender.answered = 0;
  contender.freeze();
  return contender;
}

/** One window of as many requests as the contender takes: requests a second, and CPU time for each in microseconds. */
export async function measureWindow(cluster, contender, { warmUpMs, windowMs }) {
  await cluster.checkpoint();
  const serverPid = await cluster.serverPid().catch(() => undefined);
  contender.thaw();
  const load = await runClosedLoad({
    port: contender.port,
    request: ORDER_REQUEST,
    connections: CONNECTIONS,
    warmUpMs,
    windowMs,
    onEdge: async () => ({
      node: await readProcessCpuMicros(contender.pid),
      threads: await readThreadsCpuMicros(contender.pid),
      postgres: serverPid === undefined ? 0 : await readFamilyCpuMicros(serverPid),
      backends: serverPid === undefined ? new Map() : await readPostgresCpu(cluster),
    }),
  });
  contender.answered += load.all;
  // What the response did not wait for is a part of its cost, but not of the next contender's.
  await settle(cluster, contender);
  contender.freeze();
  return { requestsPerSecond: (load.inWindow * 1_000) / load.windowMs, cpu: cpuOfEach(load) };
}

/** CPU time for each request of a window: of Node and of PostgreSQL as a whole, and by the threads and the purposes that it went to. */
function cpuOfEach({ inWindow, edges: [first, last] }) {
  const spent = {
    node: last.node - first.node,
    postgres: last.postgres - first.postgres,
    main: last.threads.main - first.threads.main,
    others: last.threads.others - first.threads.others,
    ...spentBetween(first.backends, last.backends),
  };
  return Object.fromEntries(Object.entries(spent).map(([name, micros]) => [name, micros / inWindow]));
}

async function settle(cluster, contender) {
  const { table } = CONTENDERS[contender.name];
  if (table) await checkNothingLost(cluster, contender, table);
}

/** Closes a contender; what it leaves must be a row for every response. */
export async function finish(cluster, contender) {
  const { table } = CONTENDERS[contender.name];
  await contender.close();
  if (!table || contender.skipped) {
    await contender.forget();
    return {};
  }
  await checkNothingLost(cluster, contender, table);
  const [{ bytes }] = await cluster.query(
    contender.database,
    `SELECT round(avg(pg_column_size(r))) AS bytes FROM (SELECT t.* FROM ${table} t LIMIT 1000) r`,
  );
  const [{ batch }] = await cluster.query(
    contender.database,
    `SELECT count(*)::float8 / count(DISTINCT xmin::text) AS batch FROM ${table}`,
  );
  await contender.forget();
  return { responses: contender.answered, rows: contender.answered, rowBytes: Number(bytes), rowsPerCommit: batch };
}
