import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WRITER } from '../ledger-roles.js';
import { LedgerSessions } from './ledger-sessions.js';

function buildMessage(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

const AUTHENTICATED = buildMessage('R', Buffer.alloc(4));
const READY = buildMessage('Z', Buffer.from('I'));
const ENDED = buildMessage('E', Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0'));

let server: Server;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, ENDED])));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  await once(server, 'close');
});

it('a server that ends while it accepts a connection fails the statement, and not the process', async () => {
  const { port } = server.address() as AddressInfo; // the server listens on a port
  const connectionUrl = `postgres://somebody@127.0.0.1:${port}/ledger`;
  const limits = { lockTimeoutMs: 800, statementTimeoutMs: 900, queryTimeoutMs: 1_000 };
  const sessions = new LedgerSessions(connectionUrl, WRITER, limits);

  for (let round = 0; round < 5; round++) await expect(sessions.query({ text: 'SELECT 1' })).rejects.toThrow();
  await sessions.end();
});
