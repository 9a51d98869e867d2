import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The ports from 8000 on, below those that specs draw (test/support/free-port.ts) and that a system gives to who asks for any. */
const FIRST = 8_000;
const COUNT = 4_000;

let next = randomInt(COUNT);

/** A port on 127.0.0.1 that nobody listens on. No other call returns it, and the system gives it to nobody. */
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
