import { ContenderProcess } from '../contenders/contender-process.mjs';
import { CONTENDERS, getKind, nameBefore } from '../contenders/contenders.mjs';
import { ORDER, USER_AGENT } from '../contenders/order.mjs';
import { runClosedLoad } from '../load/closed-load.mjs';
import { makePost } from '../load/http-connection.mjs';
import { readFamilyCpuMicros, readProcessCpuMicros } from '../measure/process-cpu.mjs';
import { CONNECTIONS } from '../schedule.mjs';
import { settle } from './check-nothing-lost.mjs';

export const ORDER_REQUEST = makePost('/orders', JSON.stringify(ORDER), { 'user-agent': USER_AGENT });

/** The contenders take turns, each in its own process, while the others are frozen. */
export function httpPart(part) {
  const adapter = part === 'fastify' ? 'fastify' : 'express';
  return async ({ cluster, schedule }) => {
    const names = namesWith(cluster, Object.keys(schedule[part]));
    const contenders = await Promise.all(names.map((name) => startHttpContender(cluster, name, adapter)));
    const measured = Object.fromEntries(names.map((name) => [name, { requestsPerSecond: [], cpu: [] }]));
    for (let round = 0; round < schedule.rounds; round++) {
      for (const contender of contenders) {
        const window = await measureWindow(cluster, contender, {
          warmUpMs: round === 0 ? schedule.firstWarmUpMs : schedule.warmUpMs,
          windowMs: schedule[part][getKind(contender.name)],
        });
        measured[contender.name].requestsPerSecond.push(window.requestsPerSecond);
        measured[contender.name].cpu.push(window.cpu);
      }
    }
    for (const contender of contenders) Object.assign(measured[contender.name], await finish(cluster, contender));
    return measured;
  };
}

/** Adds the contenders with a ledger from the other build, if there is one. */
export function namesWith(cluster, names) {
  if (!cluster.before) return names;
  return names.flatMap((name) =>
    CONTENDERS[name].table === 'audit_event' && CONTENDERS[name].companion === undefined
      ? [name, nameBefore(name)]
      : [name],
  );
}

export async function startHttpContender(cluster, name, adapter) {
  const kind = getKind(name);
  const contender = await ContenderProcess.start(cluster, { name, args: [kind, adapter], isBefore: kind !== name });
  contender.answered = 0;
  const { companion } = CONTENDERS[kind];
  if (companion !== undefined) {
    const { database } = contender;
    contender.companion = await ContenderProcess.start(cluster, {
      name: companion,
      args: [companion],
      shared: database,
    });
  }
  contender.freeze();
  return contender;
}

export async function measureWindow(cluster, contender, { warmUpMs, windowMs }) {
  await cluster.checkpoint();
  contender.thaw();
  const before = await readCpu(cluster, contender);
  const load = await runClosedLoad({
    port: contender.port,
    request: ORDER_REQUEST,
    connections: CONNECTIONS,
    warmUpMs,
    windowMs,
  });
  contender.answered += load.all;
  // Work for which the response did not wait belongs to the cost of this contender, and must not slow the next one.
  await settle(cluster, contender, CONTENDERS[getKind(contender.name)].table);
  const after = await readCpu(cluster, contender);
  contender.freeze();
  const cpu = { node: (after.node - before.node) / load.all, postgres: (after.postgres - before.postgres) / load.all };
  return { requestsPerSecond: (load.inWindow * 1_000) / load.windowMs, cpu };
}

async function readCpu(cluster, { pids }) {
  const processes = await Promise.all(pids.map(readProcessCpuMicros));
  return {
    node: processes.reduce((sum, micros) => sum + micros, 0),
    postgres: await readFamilyCpuMicros(await cluster.serverPid()),
  };
}

export async function finish(cluster, contender) {
  const { table } = CONTENDERS[getKind(contender.name)];
  await contender.close();
  await settle(cluster, contender, table);
  await contender.forget();
  return table ? { responses: contender.answered, rows: contender.answered } : {};
}
