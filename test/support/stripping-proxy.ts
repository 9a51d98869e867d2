import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that hands `/ops/x` on as `/x`, and answers everything else with 404. */
export interface StrippingProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 for what begins with `prefix`. */
export async function startStrippingProxy(target: string, prefix: string): Promise<StrippingProxy> {
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '';
    if (!path.startsWith(`${prefix}/`)) {
      outgoing.writeHead(404).end();
      return;
    }
    const { method, headers } = incoming;
    const onward = forward(target + path.slice(prefix.length), { ...(method && { method }), headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // of a server that listens on a port
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
