import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { command as consumers } from '../../../src/cli/commands/consumers.command.js';
import type { LedgerAccess } from '../../../src/monitoring/index.js';
import { runChecks } from '../../../src/monitoring/store/check.js';
import { STREAM_CHECKS } from '../../../src/extensions/streams/stream-checks.js';
import { resolveStreamsOptions, type StreamOptions } from '../../../src/extensions/streams/streams-options.js';
import {
  ApiClient,
  eventually,
  freshKeyFile,
  closeAfterTests,
  ORIGIN,
  settled,
  tempFolder,
  testDatabase,
} from '../../support/index.js';
import { findInDatabase } from '../../support/find-in-database.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver, webhookSecret, type ReceivedBatch } from '../../support/webhook-receiver.js';

interface Shown {
  readonly state: string;
  readonly replays: readonly { readonly name: string; readonly state: string; readonly position: number }[];
}

const database = await testDatabase();
const keyFile = freshKeyFile();
const receiver = await closeAfterTests(startWebhookReceiver());
const destination = { ...receiver.destination, headers: { 'x-token': 'olive-token' } };
const siem: StreamOptions = { name: 'siem', destination, personal: 'include', batch: { maxEvents: 20 } };
const ACME: LedgerAccess = { scope: 'tenants', tenantIds: ['acme'] };
const ofTenants = await closeAfterTests(startWebhookReceiver());
const buildStream = (name: string, access: LedgerAccess): StreamOptions => {
  return { name, destination: ofTenants.destination, personal: 'include', access };
};
const others = [
  buildStream('of-beta', { scope: 'tenants', tenantIds: ['beta'] }),
  buildStream('of-both', { scope: 'tenants', tenantIds: ['acme', 'beta'] }),
];
const streams = [siem, buildStream('acme', ACME), ...others];
const READERS: Readonly<Record<string, LedgerAccess>> = { operator: { scope: 'all' }, acme: ACME };
const app = await closeAfterTests(
  startStreamApp(database, keyFile, streams, {
    authorize: (request, permission) => {
      const reader = READERS[(request as IncomingMessage).headers.from ?? ''];
      return reader !== undefined && { ...reader, permission };
    },
  }),
);
const client = new ApiClient(app.url, { from: 'operator' });
const ofAcme = new ApiClient(app.url, { from: 'acme' });

async function show(): Promise<Shown> {
  return (await client.send<Shown>('GET', '/audit/consumers/siem')).body;
}

function sent(): readonly number[] {
  return receiver
    .accepted()
    .filter(({ replay, test }) => replay === undefined && test === undefined)
    .flatMap(({ events }) => events.map(({ index }) => index));
}

async function call(...args: readonly string[]): Promise<unknown> {
  const environment = { AUDIT_SIGNING_KEY_FILE: keyFile };
  const { output = '' } = await consumers.run([...args, '--json', '--database-url', database.url], environment);
  return JSON.parse(output);
}

async function isReplayed(replay: unknown): Promise<boolean> {
  return (await show()).replays.some(({ name, state }) => name === replay && state === 'done');
}

describe('a stream of the options', () => {
  it('sends everything, rests while a request paused it, and cannot be made or changed by a request', async () => {
    await addSealed(database, 50);
    const size = await passed(database, 'siem');
    expect(sent().slice(0, size)).toEqual(Array.from({ length: size }, (_, index) => index));

    for (const verb of ['pause', 'resume']) {
      const { status, body } = await client.send<Shown>('POST', `/audit/consumers/siem/${verb}`, { reason: 'a test' });
      expect([status, body.state]).toEqual([200, verb === 'pause' ? 'paused' : 'active']);
    }
    const made = await client.send('POST', '/audit/consumers', { ...siem, name: 'other' });
    const changed = await client.send('PATCH', '/audit/consumers/siem', { personal: 'omit' });
    const removed = await client.send('DELETE', '/audit/consumers/siem');
    expect([made.status, changed.status, removed.status]).toEqual([404, 404, 404]);
  });

  it('sends a range again beside the live events, in batches that name the replay', async () => {
    const started = await client.send<{ replay: string }>('POST', '/audit/consumers/siem/replay', { from: 5, to: 44 });
    await addSealed(database, 30);
    const { replay } = started.body;

    await eventually(() => isReplayed(replay));
    await passed(database, 'siem');
    const replayed = receiver.accepted().filter((batch) => batch.replay === replay);
    expect(replayed.every(({ stream }) => stream === 'siem')).toBe(true);
    expect(replayed.flatMap(({ events }) => events.map(({ index }) => index))).toEqual(
      Array.from({ length: 40 }, (_, nth) => nth + 5),
    );
    const live = sent();
    expect(live).toEqual(Array.from({ length: live.length }, (_, index) => index));
  });

  it('is proven at the receiver, a test of doctor and replays included; a replay stands in for a lost batch', async () => {
    const folder = await tempFolder('audit-streams-');
    const wrong = { ...receiver.destination, secrets: [webhookSecret()] };
    const given = [
      siem,
      { ...siem, name: 'file', destination: { type: 'file', path: `${folder}/events.jsonl` } },
      { ...siem, name: 'wrong', destination: wrong },
    ] as const;
    const tested = { streams: resolveStreamsOptions({ streams: given }, [])?.streams ?? [], origin: ORIGIN };
    expect(await runChecks(STREAM_CHECKS, { tested })).toMatchObject([
      { name: 'destinations', status: 'ok', message: expect.stringContaining('stream siem (webhook http://127.0.0.1') },
      {
        status: 'ok',
        message: `The destination of the stream file (file ${folder}/events.jsonl) accepted a test batch.`,
      },
      { status: 'error', message: expect.stringContaining('did not accept a test batch: it answered 401.') },
    ]);
    const proven = await expectReceivedSound(database.url, 'siem', receiver.received);
    expect(proven).toMatchObject({ tests: 1 });

    const isLost = ({ batch }: ReceivedBatch): boolean =>
      batch.replay === undefined && batch.first <= 20 && batch.last >= 20;
    const left = receiver.received.filter((each) => !isLost(each));
    expect(left.length).toBeLessThan(receiver.received.length);
    await expectReceivedSound(database.url, 'siem', left);
    await expect(
      expectReceivedSound(
        database.url,
        'siem',
        left.filter(({ batch }) => batch.replay === undefined),
      ),
    ).rejects.toThrow('not in the copy');
  });

  it('is sent again from a place, and replayed by commands', async () => {
    const before = sent().length;
    expect(await call('resume', 'siem', '--from', '4')).toMatchObject({ ok: true, consumer: 'siem' });
    await eventually(() => sent()[before] === 4);
    const { replay } = (await call('replay', 'siem', '--from', '0', '--to', '9')) as { readonly replay: string };
    await eventually(() => isReplayed(replay));
    expect(await call('replay', 'siem', '--from', '9999999')).toMatchObject({
      error: { code: 'AUDIT_REQUEST_INVALID' },
    });
    expect(await call('pause', 'unknown')).toMatchObject({ error: { code: 'AUDIT_NOT_FOUND' } });
  });

  it('has an event for each change, and its secrets in no table', async () => {
    await settled(database);
    const events = await database.superuserSql(
      `SELECT details->>'change' AS change FROM audit_event WHERE type = 'audit_consumer_changed' AND details->>'consumer' = 'siem' ORDER BY id`,
    );
    const changes = events.map(({ change }) => change);
    expect(changes).toEqual(['added', 'paused', 'resumed', 'replayed', 'resumed', 'replayed']);
    const [secret] = receiver.destination.secrets;
    expect(await findInDatabase(database.superuserUrl, [secret, secret.slice(6), 'olive-token'])).toEqual([]);
  });
});

async function getStatus(client: ApiClient, method: string, path: string, body?: object): Promise<number> {
  return (await client.send(method, `/audit/consumers${path}`, body)).status;
}

it('somebody of a tenant sees and changes no streams of others, and a stranger none', async () => {
  await addSealed(database, 30);
  for (const { name } of streams) await passed(database, name);
  const { body } = await ofAcme.send<{ items: readonly { name: string }[] }>('GET', '/audit/consumers');
  expect(body.items.map(({ name }) => name)).toEqual(['acme']);
  for (const { name } of [siem, ...others]) {
    expect([name, await getStatus(ofAcme, 'GET', `/${name}`)]).toEqual([name, 404]);
    for (const verb of ['pause', 'resume', 'retry', 'drop', 'replay']) {
      expect([name, verb, await getStatus(ofAcme, 'POST', `/${name}/${verb}`, {})]).toEqual([name, verb, 404]);
    }
  }
  expect(await getStatus(new ApiClient(app.url), 'GET', '')).toBe(403);
});

it('a stream of a tenant gets only the events of the tenant, also by a replay', async () => {
  expect(await getStatus(ofAcme, 'POST', '/acme/replay', {})).toBe(200);
  await eventually(() => ofTenants.accepted().some(({ replay }) => replay !== undefined));
  await passed(database, 'acme');

  const batches = ofTenants.accepted().filter(({ stream }) => stream === 'acme');
  const tenants = batches.flatMap(({ events }) => events.map(({ event }) => event.tenantId));
  expect(tenants.length).toBeGreaterThan(0);
  expect([...new Set(tenants)]).toEqual(['acme']);
});
