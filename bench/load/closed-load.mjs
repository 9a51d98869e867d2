import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './http-connection.mjs';

/**
 * Sends requests over `connections` connections, each as soon as the previous one is answered. Sends for `warmUpMs` first, and then for
 * `windowMs`, which is the measured window. Waits for the response to every request.
 *
 * @param onEdge called at the beginning and at the end of the window; its two results are returned as `edges`
 * @returns the number of responses in the window, the number of all responses (with warm-up and end), and the true length of the window
 * @throws Error if a connection breaks, or if a status is not 2xx
 */
export async function runClosedLoad({ port, request, connections, warmUpMs, windowMs, onEdge = () => undefined }) {
  const open = await openConnections(port, request, connections);
  const count = { all: 0 };
  let running = true;
  const loops = open.map((connection) => repeat(connection, () => running, count));
  const failure = Promise.all(loops);
  try {
    await Promise.race([delay(warmUpMs), failure]);
    const first = { answered: count.all, atMs: performance.now(), edge: await onEdge() };
    await Promise.race([delay(windowMs), failure]);
    const last = { answered: count.all, atMs: performance.now(), edge: await onEdge() };
    running = false;
    await failure;
    return {
      inWindow: last.answered - first.answered,
      windowMs: last.atMs - first.atMs,
      all: count.all,
      edges: [first.edge, last.edge],
    };
  } finally {
    running = false;
    for (const connection of open) connection.close();
  }
}

/** Opens connections. Rejects if any connection cannot be opened. */
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
