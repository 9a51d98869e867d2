import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './http-connection.mjs';

/** Each connection sends a request as soon as its previous request is answered. */
export async function runClosedLoad({ port, request, connections, warmUpMs, windowMs }) {
  const open = await openConnections(port, request, connections);
  const count = { all: 0 };
  let running = true;
  const loops = open.map((connection) => repeat(connection, () => running, count));
  const failure = Promise.all(loops);
  try {
    await Promise.race([delay(warmUpMs), failure]);
    const first = { answered: count.all, atMs: performance.now() };
    await Promise.race([delay(windowMs), failure]);
    const last = { answered: count.all, atMs: performance.now() };
    running = false;
    await failure;
    return { inWindow: last.answered - first.answered, windowMs: last.atMs - first.atMs, all: count.all };
  } finally {
    running = false;
    for (const connection of open) connection.close();
  }
}

export function openConnections(port, request, connections) {
  return Promise.all(Array.from({ length: connections }, () => HttpConnection.open(port, request)));
}

function repeat(connection, goesOn, count) {
  return new Promise((resolve, reject) => {
    const next = () => {
      if (!goesOn()) return resolve();
      connection.send((error, status) => {
        if (error) return reject(error);
        if (status < 200 || status > 299) return reject(new Error(`a response with status ${status}`));
        count.all++;
        next();
      });
    };
    next();
  });
}
