import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The ports 12000 to 31999 are below the ports that a system assigns automatically (Linux: from 32768). */
const FIRST = 12_000;
const EACH = 2_500;
/** Up to 8 workers never use the same port. */
const WORKERS = 8;

const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;
let next = randomInt(EACH);

/** The system never assigns these ports, so a server can stop and return. The system may soon reassign a port that it chose. */
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
