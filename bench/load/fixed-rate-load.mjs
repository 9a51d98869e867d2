import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { openConnections } from './closed-load.mjs';

const TICK_MS = 1;

/** A latency counts from the moment at which the request was due, so a stall affects every request that it delays. */
export async function runFixedRateLoad({ port, request, connections, requestsPerSecond, warmUpMs, windowMs }) {
  const open = await openConnections(port, request, connections);
  const idle = [...open];
  const everyMs = 1_000 / requestsPerSecond;
  const warmUps = Math.floor(warmUpMs / everyMs);
  const total = warmUps + Math.floor(windowMs / everyMs);
  const startMs = performance.now();
  const latenciesMs = [];
  let sent = 0;
  let answered = 0;
  let failure;

  const getDueMs = (index) => startMs + index * everyMs;
  const sendDue = () => {
    while (sent < total && idle.length > 0 && getDueMs(sent) <= performance.now()) {
      const index = sent++;
      const connection = idle.pop();
      connection.send((error, status, finishedAtMs) => {
        if (error || status < 200 || status > 299) failure ??= error ?? new Error(`a response with status ${status}`);
        answered++;
        if (index >= warmUps) latenciesMs.push(finishedAtMs - getDueMs(index));
        idle.push(connection);
        if (!failure) sendDue();
      });
    }
  };

  try {
    while (answered < total && !failure) {
      sendDue();
      await delay(TICK_MS);
    }
    if (failure) throw failure;
    return { latenciesMs, all: answered };
  } finally {
    for (const connection of open) connection.close();
  }
}
