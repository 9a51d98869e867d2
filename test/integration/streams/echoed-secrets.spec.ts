import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AuditAggregator } from '../../../src/audit/index.js';
import { JetStreamModule } from '../../../src/extensions/jetstream/index.js';
import type { StreamOptions } from '../../../src/extensions/streams/index.js';
import { createTestDatabase, eventually, freshKeyFile } from '../../support/index.js';
import { HttpReceiver } from '../../support/http-receiver.js';
import { addSealed, startStreamApp } from '../../support/stream-app.js';

const PASSWORD = 'correct-horse-battery-staple';
const TOKEN = 'b7e2f0d94c1a4e6f8d3b5a7c9e1f2a4b';
const BASIC = Buffer.from(`ada:${PASSWORD}`).toString('base64');

/** Base64 of a secret depends on where the secret begins in the surrounding text, so the marks have three forms. */
const MARKS = [
  ...[PASSWORD, TOKEN, BASIC.slice(4)],
  ...['', ' ', '  '].map((before) => Buffer.from(before + TOKEN).toString('base64')),
].map((text) => text.slice(6, 18));

const server = new HttpReceiver(({ url, headers }) => {
  const sent = [headers.authorization, headers['x-token'], headers['dd-api-key']].filter((each) => each !== undefined);
  return { status: 503, body: `${url.search} ${sent.join(' ')} ${Buffer.from(sent.join(' ')).toString('base64')}` };
});

const nats = createServer((socket) => {
  let login = '';
  socket.on('error', () => undefined);
  socket.write(
    `INFO {"server_id":"x","version":"2.10.0","max_payload":1048576,"auth_required":true,"headers":true}\r\n`,
  );
  socket.on('data', (bytes: Buffer) => {
    const text = bytes.toString();
    login ||= text.split('\r\n')[0] ?? '';
    if (text.includes('PING')) socket.write('PONG\r\n');
    const [, reply] = /^PUB \S+ (_INBOX\S+) \d/m.exec(text) ?? [];
    if (reply === undefined) return;
    const answer = JSON.stringify({
      error: { code: 500, err_code: 1, description: login.replaceAll(/[^\w]+(token)?/g, ' ') },
    });
    socket.write(`MSG ${reply} 1 ${answer.length}\r\n${answer}\r\n`);
  });
});

const getPort = (of: Server): number => (of.address() as AddressInfo).port;

const DESTINATIONS: Readonly<Record<string, (url: string) => Omit<StreamOptions['destination'], 'timeoutMs'>>> = {
  webhook: (url) => ({
    ...{ type: 'webhook', url: `${url}/?key=${TOKEN}`, secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`] },
    headers: { authorization: `Basic ${BASIC}`, 'x-token': TOKEN },
  }),
  elastic: (url) => ({ type: 'elastic', url, index: 'audit', username: 'ada', password: PASSWORD }),
  splunk: (url) => ({ type: 'splunk', url, token: TOKEN, channel: '0b2f6a3c-4c0e-4a53-9d0e-3a1f6f1f2b11' }),
  otlp: (url) => ({ type: 'otlp', url, headers: { 'x-token': TOKEN } }),
  datadog: (url) => ({ type: 'datadog', url, apiKey: TOKEN }),
};

const lines: string[] = [];

const database = await createTestDatabase();
for (const level of ['log', 'warn', 'error'] as const)
  jest.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void lines.push(String(text)));
await server.start();
await once(nats.listen(0, '127.0.0.1'), 'listening');
const streams = Object.entries(DESTINATIONS).map(([name, make]) => {
  const destination = { ...make(server.url), allowPrivateAddresses: true };
  return { name, destination, personal: 'omit' } as StreamOptions; // of one type
});
const app = await startStreamApp(database, freshKeyFile(), streams, {
  authorize: (_request, permission) => ({ scope: 'all', permission }),
  checkpointWebhook: `${server.url.replace('//', `//ada:${PASSWORD}@`)}/?key=${TOKEN}`,
  checkpointIntervalSeconds: 1,
  extensions: [
    JetStreamModule.forRoot({
      servers: [`127.0.0.1:${getPort(nats)}`],
      stream: 'AUDIT',
      token: TOKEN,
      tls: false,
    }),
  ],
});
await addSealed(database, 1);

afterAll(async () => {
  jest.restoreAllMocks();
  await app.close();
  await server.stop();
  await new Promise((resolve) => nats.close(resolve));
  await database.drop();
});

describe('a secret that its receiver echoes', () => {
  it.each(Object.keys(DESTINATIONS))('is in no answer of /audit/consumers and of the health: %s', async (name) => {
    const shown = await eventually(async () => {
      const health = JSON.stringify(await app.app.get(AuditAggregator).health());
      const streams = await (await fetch(`${app.url}/audit/consumers`)).text();
      return health.includes(`the consumer ${name}: `) && health + streams + lines.join('\n');
    });
    expect(shown).toContain('it answered 503');
    expect(MARKS.filter((mark) => shown.includes(mark))).toEqual([]);
  });

  it('is in no line of the log about the queue in front of the ledger', async () => {
    const about = await eventually(() => {
      const found = lines.filter((line) => /JetStream/i.test(line));
      return found.some((line) => line.includes('CONNECT')) && found; // the log-in, which the server echoed
    });
    expect(MARKS.filter((mark) => about.join().includes(mark))).toEqual([]);
  });

  it('is in no health that quotes the URL of the webhook for checkpoints', async () => {
    const shown = await eventually(async () => {
      const health = JSON.stringify(await app.app.get(AuditAggregator).health());
      return health.includes('to the webhook: ') && health;
    });
    expect(MARKS.filter((mark) => shown.includes(mark))).toEqual([]);
  });
});
