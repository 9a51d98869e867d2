import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command as streams } from '../../../src/rooms/streams/commands/streams.command.js';
import { ApiClient, eventually, freshKeyFile, kept, settled, tempFolder, testDatabase } from '../../support/index.js';
import { findInDatabase } from '../../support/find-in-database.js';
import { HttpReceiver } from '../../support/http-receiver.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../../support/reference-app.js';
import { addSealed, passed } from '../../support/stream-app.js';
import { startWebhookReceiver, webhookSecret, type ReceivedBatch } from '../../support/webhook-receiver.js';

const OTHER_SECRET = webhookSecret();
const KEY = randomBytes(32).toString('base64');

interface Shown {
  readonly state: string;
  readonly source: string;
  readonly position: number;
  readonly acknowledgement: string;
  readonly lastError: string | null;
  readonly oldSecretUntil: string | null;
  readonly replays: readonly { readonly name: string; readonly state: string; readonly position: number }[];
}

const database = await testDatabase();
const keyFile = freshKeyFile();
const receiver = await kept(startWebhookReceiver());
const bucket = await kept(new HttpReceiver(() => ({ status: 200 })).start());
const app = await kept(start(KEY));
const other = await kept(start(KEY));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);

function start(key?: string): Promise<ReferenceApp> {
  return startReferenceApp(database.url, {
    AUDIT_SIGNING_KEY_FILE: keyFile,
    AUDIT_ROW_CHANGES: 'false',
    AUDIT_WATCH: 'false',
    ...(key === undefined ? {} : { AUDIT_STREAM_SECRETS_KEY: key }),
  });
}

function definition(name: string, url = receiver.url): object {
  return {
    name,
    destination: { ...receiver.destination, url, headers: { 'x-token': 'olive-token' } },
    personal: 'include',
    batch: { maxEvents: 20 },
  };
}

async function show(name: string): Promise<Shown> {
  return (await admin.send<Shown>('GET', `/audit/streams/${name}`)).body;
}

function sentBy(name: string): readonly number[] {
  return receiver
    .accepted()
    .filter(({ stream, replay, test }) => stream === name && replay === undefined && test === undefined)
    .flatMap(({ events }) => events.map(({ index }) => index));
}

async function call(...args: readonly string[]): Promise<unknown> {
  const environment = { AUDIT_SIGNING_KEY_FILE: keyFile, AUDIT_STREAM_SECRETS_KEY: KEY };
  const { output = '' } = await streams.run([...args, '--json', '--database-url', database.url], environment);
  return JSON.parse(output);
}

describe('a stream that is made at run time', () => {
  it('is tested while it rests, and sends everything once it is resumed', async () => {
    const made = await admin.send<Shown>('POST', '/audit/streams', { ...definition('siem'), paused: true });
    expect([made.status, made.body.state, made.body.source, made.body.acknowledgement]).toEqual([
      201,
      'paused',
      'stored',
      'received',
    ]);

    const tested = await admin.send('POST', '/audit/streams/siem/test');
    expect(tested.body).toMatchObject({ outcome: 'accepted' });
    expect(receiver.accepted()).toMatchObject([
      { stream: 'siem', test: true, events: [{ event: { type: 'audit_stream_test', details: { test: true } } }] },
    ]);

    await addSealed(database, 50);
    expect((await admin.send('POST', '/audit/streams/siem/resume')).status).toBe(200);
    const size = await passed(database, 'siem');

    expect(sentBy('siem').slice(0, size)).toEqual(Array.from({ length: size }, (_, index) => index));
  });

  it('is refused with the name of another one, with wrong options, for a file, and for others than administrators', async () => {
    const again = await admin.send('POST', '/audit/streams', definition('siem'));
    const wrong = await admin.send('POST', '/audit/streams', {
      name: 'B',
      destination: { type: 'pigeon' },
      personal: null,
    });
    const file = { name: 'file', destination: { type: 'file', path: '/tmp/x' }, personal: 'omit' };
    const written = await admin.send('POST', '/audit/streams', file);
    const nobody = await new ApiClient(app.url).send('GET', '/audit/streams');

    expect([again.status, again.body]).toMatchObject([409, { code: 'AUDIT_CONFLICT' }]);
    expect([wrong.status, wrong.body]).toMatchObject([400, { code: 'AUDIT_REQUEST_INVALID' }]);
    expect([written.status, nobody.status]).toEqual([403, 401]);
  });

  it('sends a range again beside the live events, in batches that name the replay', async () => {
    const begun = await admin.send<{ replay: string }>('POST', '/audit/streams/siem/replay', { from: 5, to: 44 });
    await addSealed(database, 30);
    const { replay } = begun.body;

    await eventually(async () =>
      (await show('siem')).replays.some(({ name, state }) => name === replay && state === 'done'),
    );
    await passed(database, 'siem');
    const replayed = receiver.accepted().filter((batch) => batch.replay === replay);

    expect(replayed.every(({ stream }) => stream === 'siem')).toBe(true);
    expect(replayed.flatMap(({ events }) => events.map(({ index }) => index))).toEqual(
      Array.from({ length: 40 }, (_, nth) => nth + 5),
    );
    const live = sentBy('siem');
    expect(live).toEqual(Array.from({ length: live.length }, (_, index) => index));
  });

  it('is proven at the receiver, tests and replays included; a replay stands in for a lost batch', async () => {
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

  it('signs with both secrets for the days of grace, and then with the new one', async () => {
    const rotated = await admin.send<Shown>('POST', '/audit/streams/siem/rotate-secret', { secret: OTHER_SECRET });
    expect(Date.parse(rotated.body.oldSecretUntil ?? '')).toBeGreaterThan(Date.now() + 6.9 * 86_400_000);
    const before = receiver.unverified.length;
    await addSealed(database, 5);
    await passed(database, 'siem');
    expect(receiver.unverified.length).toBe(before);

    await database.superuserSql('UPDATE audit_stream_definition SET old_secret_until = now()');
    await eventually(async () => (await show('siem')).oldSecretUntil === null);
    await eventually(async () => {
      await addSealed(database, 1); // the leader notices the change within seconds
      return receiver.unverified.length > before;
    });
    const back = {
      destination: receiver.destination,
    };
    expect((await admin.send('PATCH', '/audit/streams/siem', back)).status).toBe(200);
    await eventually(async () => (await show('siem')).lastError === null);
  });

  it('is signed as acts, and shows its secrets in no answer, no log and no table', async () => {
    await settled(database);
    const acts = await database.superuserSql(
      `SELECT details->>'change' AS change FROM audit_event WHERE type = 'audit_stream_changed' ORDER BY id`,
    );
    expect(acts.map(({ change }) => change)).toEqual([
      ...['added', 'tested', 'resumed', 'replayed', 'secret_rotated', 'secret_dropped', 'altered'],
    ]);

    const { body } = await admin.send('GET', '/audit/streams');
    const [secret] = receiver.destination.secrets;
    const secrets = [secret, OTHER_SECRET, secret.slice(6), KEY, 'olive-token'];
    const seen = [JSON.stringify(body), app.logged(), other.logged()].join('\n');
    expect(secrets.filter((each) => seen.includes(each))).toEqual([]);
    expect(await findInDatabase(database.superuserUrl, secrets)).toEqual([]);
  });

  it('is made, tested, sent again from a place, replayed and rotated by commands', async () => {
    const folder = await tempFolder('audit-streams-');
    const [file, secretFile] = [join(folder, 'second.json'), join(folder, 'secret')];
    await writeFile(file, JSON.stringify(definition('second')));
    await writeFile(secretFile, `${OTHER_SECRET}\n`);

    expect(await call('add', '--file', file, '--paused')).toEqual({ ok: true, command: 'streams', stream: 'second' });
    expect(await call('test', 'second')).toMatchObject({ ok: true, answer: { outcome: 'accepted' } });
    expect(await call('resume', 'second', '--from', '4')).toMatchObject({ ok: true, stream: 'second' });
    await passed(database, 'second');
    expect(sentBy('second')[0]).toBe(4);
    expect(await call('replay', 'second', '--from', '0', '--to', '9')).toMatchObject({ ok: true, first: 0, last: 9 });
    await eventually(async () => (await show('second')).replays.some(({ state }) => state === 'done'));
    expect(await call('rotate-secret', 'second', '--secret-file', secretFile)).toMatchObject({ ok: true });
    expect(await call('replay', 'second', '--from', '9999999')).toMatchObject({
      error: { code: 'AUDIT_REQUEST_INVALID' },
    });
    expect(await call('rotate-secret', 'unknown', '--secret-file', secretFile)).toMatchObject({
      error: { code: 'AUDIT_NOT_FOUND' },
    });
    expect(await call('remove', 'second')).toMatchObject({ ok: true });
    await rm(folder, { recursive: true });
  });
});

describe('a stream that is made by a request', () => {
  it('to S3 brings its own keys, and never uses the credentials of the server', async () => {
    const servers = { AWS_ACCESS_KEY_ID: 'server-id', AWS_SECRET_ACCESS_KEY: 'server-secret' };
    Object.assign(process.env, servers);
    const destination = { type: 's3', bucket: 'audit', region: 'eu-central-1', endpoint: bucket.url };
    const keyless = { name: 'keyless', destination: { ...destination, allowPrivateAddresses: true }, personal: 'omit' };
    const keys = { accessKeyId: 'own-id', secretAccessKey: 'own-secret' };
    const owned = { ...keyless, name: 'owned', destination: { ...keyless.destination, ...keys } };
    try {
      const made = await admin.send('POST', '/audit/streams', owned);
      const missing = await Promise.all([
        admin.send('POST', '/audit/streams', keyless),
        admin.send('POST', '/audit/streams', {
          ...keyless,
          destination: { ...keyless.destination, accessKeyId: null },
        }),
        admin.send('POST', '/audit/streams/dry-run', keyless),
        admin.send('PATCH', '/audit/streams/owned', { destination: keyless.destination }),
      ]);
      expect([made, ...missing].map(({ status }) => status)).toEqual([201, 400, 400, 400, 400]);
      expect(missing[0].body.message).toMatch(/destination\.accessKeyId and destination\.secretAccessKey are missing/);
      await eventually(() => Promise.resolve(bucket.requests.length > 0));
      const signed = bucket.requests.map(
        ({ headers }) => /Credential=([^/]+)/.exec(String(headers.authorization))?.[1],
      );
      expect(new Set(signed)).toEqual(new Set(['own-id']));
    } finally {
      for (const name of Object.keys(servers)) Reflect.deleteProperty(process.env, name);
      await admin.send('DELETE', '/audit/streams/owned');
      await admin.send('DELETE', '/audit/streams/keyless');
    }
  });
});
