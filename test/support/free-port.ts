import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The ports from 12000 on, below those that a system gives to who asks for any (Linux: from 32768 on). */
const FIRST = 12_000;
const EACH = 2_500;
/** So many workers never draw each other's ports. */
const WORKERS = 8;

const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;
let next = randomInt(EACH);

/**
 * A port on 127.0.0.1 that nobody listens on. No other call returns it, and the system gives it to nobody, also while a server that
 * listens there is away: a port that the system chose may be the next one's as soon as it is closed.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (next++ % EACH) * WORKERS + worker;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
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
