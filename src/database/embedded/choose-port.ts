import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { EmbeddedPortInUseError } from './embedded.error.js';

const HOST = '127.0.0.1';

/**
 * The port to start on: the asked one, else the one of the last start when it is free, else a free one. Between this
 * answer and its use another process may take it.
 *
 * @throws EmbeddedPortInUseError `EMBEDDED_PORT_IN_USE`, when the asked one is taken.
 */
export async function choosePort(dir: string, asked: number | undefined): Promise<number> {
  if (asked !== undefined) {
    if (!(await isFree(asked))) throw EmbeddedPortInUseError.create(asked);
    return asked;
  }
  const last = await readLastPort(dir);
  const port = (last === undefined ? undefined : await tryPort(last)) ?? (await tryPort(0));
  if (port === undefined) throw EmbeddedPortInUseError.create(0);
  return port;
}

/** Whether nobody listens on the port. */
export async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== undefined;
}

async function readLastPort(dir: string): Promise<number | undefined> {
  const text = await readFile(join(dir, 'url'), 'utf8').catch(() => '');
  const port = URL.canParse(text) ? Number(new URL(text).port) : 0;
  return port > 0 ? port : undefined;
}

/** @returns the port that could be listened on (a free one for 0), or undefined. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: HOST, port, exclusive: true }, () => {
      const address = server.address();
      const got = address !== null && typeof address === 'object' ? address.port : undefined;
      server.close(() => resolve(got));
    });
  });
}
