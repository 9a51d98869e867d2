import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  syslog,
  type SyslogDestinationOptions,
} from '../../../src/extensions/streams/destinations/syslog.destination.js';
import type { OpenDestination } from '../../../src/extensions/streams/define-destination.js';
import type { StreamBatch } from '../../../src/extensions/streams/stream-destination.js';
import { eventually, sampleEvent } from '../../support/index.js';
import { startLocalServer } from '../../support/local-server.js';
import { makeCertificate } from '../../support/make-certificate.js';
import { sampleBatch } from '../../support/stream-batches.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const never = new AbortController().signal;
const { certificate, key } = makeCertificate('localhost');

/** An administrator's usual receiver: rsyslog writes one JSON line with the parsed fields for each message. */
const configuration = (folder: string, port: number): string => `
global(workDirectory="${folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off"
       defaultNetstreamDriverCAFile="${folder}/cert.pem" defaultNetstreamDriverCertFile="${folder}/cert.pem" defaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" address="127.0.0.1" port="${port}")
template(name="line" type="list" option.jsonf="on") {
  property(outname="priority" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="messageId" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}
action(type="omfile" file="${folder}/received.jsonl" template="line" flushInterval="1")
`;

interface Received {
  readonly priority: string;
  readonly host: string;
  readonly app: string;
  readonly messageId: string;
  readonly data: string;
  readonly text: string;
}

const opened: OpenDestination[] = [];
const server = await startLocalServer({
  command: 'rsyslogd',
  args: ({ folder }) => ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')],
  files: ({ folder, port }) => ({
    ...{ 'cert.pem': certificate, 'key.pem': key },
    'rsyslog.conf': configuration(folder, port),
  }),
});
afterEach(async () => {
  for (const destination of opened.splice(0)) await destination.close();
});
afterAll(() => server.stop());

function open(options: Partial<SyslogDestinationOptions> = {}): OpenDestination {
  const { port } = server;
  const given = { type: 'syslog', host: 'localhost', port, transport: 'tls', ca: certificate, ...options } as const;
  const destination = syslog.kind.open({ ...given, maxMessageBytes: 65_536, allowPrivateAddresses: true }, SOURCE);
  opened.push(destination);
  return destination;
}

async function received(): Promise<readonly Received[]> {
  const text = await readFile(join(server.folder, 'received.jsonl'), 'utf8').catch(() => '');
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Received);
}

async function arrived(batches: readonly StreamBatch[]): Promise<readonly string[]> {
  const ids = new Set(batches.flatMap(({ events }) => events.map(({ id }) => id)));
  return eventually(async () => {
    const found = (await received()).flatMap(({ data }) => {
      const id = /\[event@32473 id="([^"]+)"/.exec(data)?.[1];
      return id !== undefined && ids.has(id) ? [id] : [];
    });
    return new Set(found).size === ids.size && found;
  });
}

describe('rsyslog over TLS', () => {
  it('parses each message, whatever its texts', async () => {
    const hostile = 'a\nb | = " ] \\ \u2028 \u202e 🦉 [x@1 y="z"]';
    const event = sampleEvent({ reason: hostile, details: { text: hostile, long: 'x'.repeat(40_000) } });
    const batch = sampleBatch([event]);
    await expect(open().send(batch, never)).resolves.toEqual({ outcome: 'accepted' });

    await arrived([batch]);
    const found = (await received()).find(({ data }) => data.includes(event.id));
    expect(found).toMatchObject({
      ...{ priority: '110', host: 'audit.example.com', app: 'nestjs-audit-ledger', messageId: 'order_created' },
    });
    expect(JSON.parse(found?.text ?? '')).toMatchObject({ id: event.id, reason: hostile, details: event.details });
  });
});
