import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A round trip is a client's message after a message of the server. */
export interface CountingProxy {
  readonly port: number;
  takeRoundTrips(): number;
  /** Cuts all connections at the given round trip, counted from now on: before its message reaches the server, or before the answer returns. */
  cutAt(roundTrip: number, when: 'before' | 'after'): void;
  /** Whether the round trip of {@link cutAt} was reached. */
  readonly wasCut: boolean;
  /** From now on, takes connections and bytes, and forwards nothing. */
  fallSilent(): void;
  close(): Promise<void>;
}

export async function startCountingProxy(host: string, port: number, ownPort = 0): Promise<CountingProxy> {
  let roundTrips = 0;
  let isSilent = false;
  let cut: { at: number; readonly when: 'before' | 'after' } | undefined;
  const sockets = new Set<Socket>();
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((client) => {
    const upstream = connect(port, host);
    let isClientsTurn = true;
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay());
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk) => {
      if (isClientsTurn) roundTrips++;
      if (isClientsTurn && cut) cut.at--;
      isClientsTurn = false;
      if (cut?.at === 0 && cut.when === 'before') cutAll();
      else if (!isSilent) upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      isClientsTurn = true;
      if (cut?.at === 0) cutAll();
      else if (!isSilent) client.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(ownPort, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // of a server that listens on a port
    takeRoundTrips() {
      const taken = roundTrips;
      roundTrips = 0;
      return taken;
    },
    cutAt(at, when) {
      cut = { at, when };
    },
    get wasCut() {
      return cut?.at === 0;
    },
    fallSilent() {
      isSilent = true;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
