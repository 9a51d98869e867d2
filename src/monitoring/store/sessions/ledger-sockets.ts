import { setImmediate } from '../../../base/timers.js';
import { Socket } from 'node:net';

/** A server that hangs ends no connection. Destroying its sockets ends all waits for the server. */
const open = new Map<string, Set<Socket>>();
const silentUntilMs = new Map<string, number>();

/** The longest part of a shutdown that may still try to connect. */
const SILENCE_MS = 10_000;

/** Makes the socket of a new connection to `address`. While the address is silent, the connection fails at once. */
export function openSocket(address: string): Socket {
  const socket = new Socket();
  const sockets = open.get(address) ?? new Set();
  open.set(address, sockets.add(socket));
  socket.once('close', () => {
    sockets.delete(socket);
    if (sockets.size === 0 && open.get(address) === sockets) open.delete(address);
  });
  if (performance.now() < (silentUntilMs.get(address) ?? 0)) setImmediate(() => socket.destroy());
  else silentUntilMs.delete(address);
  return socket;
}

/** Ends all connections to a server that does not answer. Until the end of the shutdown, nobody waits for the server again. */
export function silence(address: string): void {
  silentUntilMs.set(address, performance.now() + SILENCE_MS);
  for (const socket of open.get(address) ?? []) socket.destroy();
}
