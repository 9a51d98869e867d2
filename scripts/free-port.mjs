import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The first port to try. The range from 8000 on is below the ports of specs (test/support/free-port.ts), and below those that a system assigns. */
const FIRST = 8_000;
const COUNT = 4_000;

let next = randomInt(COUNT);

/** No other call returns the same port, and the system does not assign this port. */
export async function freePort() {
  for (;;) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
