import { describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { AuditEvent } from '../../../src/audit/index.js';
import type { DestinationOptions } from '../../../src/rooms/streams/index.js';
import { command } from '../../../src/rooms/streams/commands/streams.command.js';
import type { DryRun } from '../../../src/rooms/streams/stream.dto.js';
import {
  ApiClient,
  eventually,
  freshKeyFile,
  kept,
  recordSealed,
  sampleEvent,
  tempFolder,
  testDatabase,
} from '../../support/index.js';
import { COMMAND_CALLS } from '../../support/command-calls.js';
import { expectJsonOf } from '../../support/expect-json-of.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver, webhookSecret } from '../../support/webhook-receiver.js';

const TEXT = 'olive-oil-and-lemons';

const SECRET = webhookSecret();

const database = await testDatabase();
const receiver = await kept(startWebhookReceiver(SECRET));
const app = await kept(
  startStreamApp(database, freshKeyFile(), [], {
    recordReads: true,
    streamSecretsKey: randomBytes(32).toString('base64'),
    authorize: (request, permission) => {
      const { from } = (request as IncomingMessage).headers;
      if (from === 'acme') return { scope: 'tenants', tenantIds: ['acme'], permission };
      if (from === 'manager' && permission === 'read') return false;
      return { scope: 'all', permission };
    },
  }),
);
const [operator, ofAcme, manager] = ['operator', 'acme', 'manager'].map((from) => new ApiClient(app.url, { from })) as [
  ApiClient,
  ApiClient,
  ApiClient,
];
await addSealed(database, 40);

const KINDS: Readonly<Record<DestinationOptions['type'], object>> = {
  datadog: { apiKey: TEXT },
  elastic: { url: 'https://elastic.example', index: 'audit', apiKey: TEXT },
  file: { path: '/nonexistent/events.jsonl' },
  otlp: { url: 'https://otlp.example/v1/logs', headers: { 'x-token': TEXT } },
  s3: { bucket: 'audit', region: 'eu-central-1', accessKeyId: 'a', secretAccessKey: TEXT },
  splunk: { url: 'https://splunk.example:8088', token: TEXT, channel: randomUUID() },
  syslog: { host: 'syslog.example', certificate: 'a certificate', key: TEXT },
  webhook: {
    url: `https://ada:${TEXT}@siem.example/audit?token=${TEXT}`,
    secrets: [SECRET],
    headers: { 'x-token': TEXT },
  },
};

function stream(type: string, others: object = {}): object {
  const destination = { type, ...KINDS[type as DestinationOptions['type']] };
  return { destination, personal: 'omit', ...others };
}

function webhook(others: object = {}): object {
  const { destination } = receiver;
  return { destination, personal: 'include', ...others };
}

function dryRun(body: object, client = operator, name?: string): Promise<{ status: number; body: DryRun }> {
  return client.send<DryRun>('POST', `/audit/streams/${name === undefined ? '' : `${name}/`}dry-run`, body);
}

describe('a destination of each kind', () => {
  it.each(Object.keys(KINDS))('shows what it would send, without secrets (%s)', async (type) => {
    const { status, body } = await dryRun(stream(type, { last: 3 }));

    expect([status, body.events, body.refused]).toEqual([200, 3, null]);
    expect(body.messages.map((message) => message.body).join('')).toMatch(/leaf/i);
    expect(body.messages.map(({ to }) => to).join(' ')).toMatch(/^\w+ \S+/);
    expect(JSON.stringify(body)).not.toContain(TEXT);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it.each(Object.keys(KINDS).filter((type) => type !== 'file'))(
    'is made, mapped as it was, paused and removed by routes (%s)',
    async (type) => {
      const name = `of-${type}`;
      const made = await operator.send('POST', '/audit/streams', { ...stream(type), name, paused: true });
      expect([made.status, (made.body as { state: string }).state]).toEqual([201, 'paused']);
      const [own, given] = [
        await dryRun({ to: 20, last: 2 }, operator, name),
        await dryRun(stream(type, { name, to: 20, last: 2 })),
      ];
      expect(own.body.messages.map(unnamed)).toEqual(given.body.messages.map(unnamed));
      expect((await operator.send('POST', `/audit/streams/${name}/pause`, {})).status).toBe(200);
      expect((await operator.send('DELETE', `/audit/streams/${name}`)).status).toBe(204);
      expect((await dryRun({}, operator, name)).status).toBe(404);
    },
  );
});

/** Each dry run makes its own batch id, and values derived from the id and the time. */
function unnamed(message: DryRun['messages'][number]): unknown {
  const text = JSON.stringify({ ...message, headers: { ...message.headers, 'webhook-timestamp': '' } });
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}/g, 'id');
}

describe('a dry run', () => {
  it('gives the bytes that the stream signs and sends then, and sends none itself', async () => {
    const { body } = await dryRun(webhook({ from: 0, to: 9, name: 'siem' }));
    expect(receiver.received).toEqual([]);

    await operator.send('POST', '/audit/streams', webhook({ name: 'siem', batch: { maxEvents: 10 } }));
    await passed(database, 'siem');
    const [{ id, checkpoint, note, ...sent }] = receiver.accepted() as unknown as [Record<string, string>];
    const [message] = body.messages;
    const { id: own, ...mapped } = JSON.parse(message?.body ?? '{}') as { id: string };
    expect(mapped).toEqual(sent);
    expect([checkpoint, note]).toEqual([expect.stringContaining('ledger'), expect.stringContaining('stream-batch')]);
    expect(own).not.toBe(id);
    expect(message?.headers['content-length']).toBe(String(Buffer.byteLength(message?.body ?? '')));
    await operator.send('DELETE', '/audit/streams/siem');
  });

  it('says which events a filter leaves out, and by which of its conditions', async () => {
    const { body } = await dryRun(webhook({ filter: { category: 'order', severity: ['critical'] }, from: 0, to: 19 }));

    expect(body).toMatchObject({ events: 0, messages: [], places: { first: 0, last: 19 } });
    expect(body.leftOut).toHaveLength(20);
    expect(new Set(body.leftOut.map(({ because }) => because.join(' ')))).toEqual(new Set(['severity']));
    const ofBeta = { scope: 'tenants', tenantIds: ['beta'] };
    const both = await dryRun(webhook({ filter: { category: 'payment' }, access: ofBeta, from: 0, to: 19 }));
    expect(both.body.leftOut[0]?.because).toEqual(['access', 'category']);
  });

  it('says which events are too large for the destination', async () => {
    const large = sampleEvent({ details: { text: 'x'.repeat(2_048) } });
    await recordSealed(app.app, database, [large]);
    const destination = { type: 'syslog', host: 'syslog.example', maxMessageBytes: 2_048 };
    const { body } = await dryRun({ destination, personal: 'include', eventIds: [large.id] });

    expect(body).toMatchObject({ events: 1, messages: [] });
    expect(body.refused).toEqual({ reason: expect.stringContaining('2048'), events: [large.id] });
  });

  it('maps the events that are asked for by their ids', async () => {
    const { body: page } = await operator.send<{ items: readonly AuditEvent[] }>(
      'GET',
      '/audit/events?order=asc&limit=3',
    );
    const ids = page.items.map(({ id }) => id);
    const { body } = await dryRun(stream('syslog', { eventIds: [ids[2], ids[0], randomUUID()] }));

    expect(body.messages.map((message) => ids.filter((id) => message.body.includes(id)))).toEqual([[ids[0]], [ids[2]]]);
  });

  it('shows somebody of a tenant the events of the tenant alone', async () => {
    const access = { scope: 'tenants', tenantIds: ['acme'] };
    const { status, body } = await dryRun(webhook({ access, from: 0, to: 39 }), ofAcme);
    const sent = JSON.parse(body.messages[0]?.body ?? '{}') as { events: readonly { event: AuditEvent }[] };

    expect(status).toBe(200);
    expect(sent.events.length).toBeGreaterThan(0);
    expect([...new Set(sent.events.map(({ event }) => event.tenantId))]).toEqual(['acme']);
    const acts = { access, filter: { severity: ['critical'] }, from: 40 };
    const [theirs, ofOperator] = [await dryRun(webhook(acts), ofAcme), await dryRun(webhook(acts))];
    expect(ofOperator.body.leftOut.map((each) => each.type)).toContain('audit_stream_changed');
    expect(theirs.body.leftOut.map((each) => each.type)).not.toContain('audit_stream_changed');
    const ofAll = await dryRun(webhook(), ofAcme);
    expect([ofAll.status, ofAll.body]).toMatchObject([403, { code: 'AUDIT_ACCESS_DENIED' }]);
  });

  it('is refused for somebody who may manage streams, and not read', async () => {
    expect((await dryRun(webhook(), manager)).status).toBe(403);
  });

  it('is recorded as a read of the ledger', async () => {
    await dryRun(webhook({ name: 'looked', last: 7 }));

    const read = await eventually(async () => {
      const path = '/audit/events?action=audit_log_viewed&limit=20';
      const { body } = await operator.send<{ items: readonly AuditEvent[] }>('GET', path);
      return body.items.find(({ details }) => details.stream === 'looked') ?? false;
    });
    expect(read.details).toMatchObject({ destination: 'webhook', filters: { last: 7 } });
  });

  it('is a command, too, and recorded as a read with who ran it', async () => {
    const folder = await tempFolder('audit-dry-run-');
    const file = join(folder, 'siem.json');
    await writeFile(file, JSON.stringify(webhook({ name: 'by-command' })));
    const args = [
      'dry-run',
      '--file',
      file,
      '--to',
      '9',
      '--last',
      '2',
      '--by',
      'olive',
      '--database-url',
      database.url,
    ];
    const { output = '' } = await command.run([...args, '--json'], {});
    const text = await command.run(args, {});
    await rm(folder, { recursive: true });

    const row = COMMAND_CALLS.streams?.find(({ good }) => good.keys.includes('leftOut'));
    expect(expectJsonOf('streams', output, row?.good)).toMatchObject({
      events: 2,
      messages: [{ to: `POST ${receiver.url}` }],
    });
    expect(text.output).toContain('2 events in 1 messages; nothing was sent');
    const { body } = await operator.send<{ items: readonly AuditEvent[] }>('GET', '/audit/events?actorId=olive');
    expect(body.items.map(({ details }) => details.stream)).toEqual(['by-command', 'by-command']);
  });
});
