import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cp } from 'node:fs/promises';
import { dirname } from 'node:path';
import type pg from 'pg';
import { command as streams } from '../../../src/rooms/streams/commands/streams.command.js';
import { pauseStream, removeStream, resumeStream } from '../../../src/rooms/streams/change-stream.js';
import { StreamOperations } from '../../../src/rooms/streams/manage/stream-operations.service.js';
import { createTestDatabase, eventually, freshKeyFile, kept, openClient, testDatabase } from '../../support/index.js';
import { addSealed, passed, startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

const TABLES = ['audit_stream', 'audit_stream_parked'];
const OPERATOR = { actor: { type: 'admin', id: 'operator' } } as const;

/** All cases begin with a copy of one database: its stream was sent five events, and its destination refuses five more. */
const receiver = await kept(startWebhookReceiver());
const original = await testDatabase();
const originalKeyFile = freshKeyFile();
let database = original;
let keyFile = originalKeyFile;
let client: pg.Client;
let app: StreamApp | undefined;

async function start(names = ['siem'], from: 'now' | 'beginning' = 'beginning'): Promise<void> {
  const { destination } = receiver;
  const streams = names.map((name) => ({ name, destination, personal: 'omit', from }) as const);
  app = await startStreamApp(database, keyFile, streams);
}

async function stop(): Promise<void> {
  await app?.close();
  app = undefined;
}

function running(): StreamApp {
  if (!app) throw new Error('the application is stopped');
  return app;
}

const operations = (): StreamOperations => running().app.get(StreamOperations, { strict: false });
const change = (by: typeof pauseStream | typeof resumeStream) =>
  operations().change(OPERATOR, (session, operator) => by(session, 'siem', operator));

async function keep(): Promise<() => Promise<void>> {
  for (const table of TABLES) await client.query(`DROP TABLE IF EXISTS kept_${table}`);
  for (const table of TABLES) await client.query(`CREATE TEMPORARY TABLE kept_${table} AS SELECT * FROM ${table}`);
  return async () => {
    await client.query('DELETE FROM audit_stream');
    for (const table of TABLES)
      await client.query(`INSERT INTO ${table} SELECT * FROM kept_${table}; DROP TABLE kept_${table}`);
  };
}

const problems = async (): Promise<string> =>
  (await running().runner.problems())
    .map((problem) => `${(problem as Error & { code: string }).code} ${problem.message}`)
    .join('\n');

async function startForged({ isNamed = true, names = ['siem'] } = {}): Promise<string> {
  receiver.answerBy(() => 204);
  await start(names);
  return eventually(async () => {
    const isRead = running().runner.role === 'leading';
    const [row] = await database.sql(`SELECT looked::int FROM audit_stream WHERE name = 'siem'`);
    const said = await problems();
    return isRead && (/CONTRADICTED|PARKED/.test(said) || (!isNamed && row?.looked === sealed)) && `said: ${said}`;
  });
}

async function added(): Promise<number> {
  const [row] = await database.superuserSql(
    `SELECT count(*)::int AS acts FROM audit_act WHERE note LIKE '%"change":"added"%'`,
  );
  return Number(row?.acts);
}

const taken = (): readonly number[] => receiver.accepted().flatMap(({ events }) => events.map(({ index }) => index));

const isAllTaken = (): boolean => Array.from({ length: sealed }, (_, nth) => nth).every((nth) => taken().includes(nth));

async function expectAllSent(): Promise<void> {
  await eventually(async () => !(await problems()).includes('CONTRADICTED'));
  await eventually(isAllTaken);
}

const REPLAY = `
  INSERT INTO audit_stream (name, destination, access, acknowledgement, keeps_events, position, looked, cursor, replay_of, begins_at, ends_before)
  SELECT 'siem.forged', destination, access, acknowledgement, keeps_events, 0, 0, cursor, name, 0, $1::bigint FROM audit_stream`;

await start();
await addSealed(database, 5);
await passed(database, 'siem');
await database.superuserSql('CREATE TABLE first AS SELECT * FROM audit_stream');
receiver.answerBy(() => 500);
const sent = receiver.received.length;
const sealed = await addSealed(database, 5);
await eventually(() => receiver.received.length > sent);
await stop();
const received = receiver.received.length;

beforeEach(async () => {
  database = await createTestDatabase({ copyOf: original });
  keyFile = freshKeyFile();
  await cp(dirname(originalKeyFile), dirname(keyFile), { recursive: true });
  client = await openClient(database.superuserUrl);
  receiver.forgetAfter(received);
  receiver.answerBy(() => 500);
});
afterEach(async () => {
  await stop();
  await client.end();
  await database.drop();
});

/** `$1` is the number of sealed events, `$name` the name of the stream. */
const FORGERIES = [
  ['ahead', 'UPDATE audit_stream SET position = $1, looked = $1 WHERE name = $name', 'its row is at'],
  [
    'looked-ahead-by-a-filter',
    `UPDATE audit_stream SET looked = $1, cursor = replace(cursor, '"frozen":', '"lookedAs":{"filter":{"severity":"critical"}},"frozen":')
      WHERE name = $name`,
    'the application did not sign its cursor',
  ],
  [
    'batch-of-another-filter',
    `UPDATE audit_stream SET cursor = replace(cursor, '"filter":{}', '"filter":{"type":"nothing"}') WHERE name = $name`,
    'the application did not sign its cursor',
  ],
  [
    'unsigned-cursor',
    `UPDATE audit_stream SET cursor = '{"position":' || $1 || ',"looked":' || $1 || '}' WHERE name = $name`,
    'the application did not sign',
  ],
  ['no-cursor', 'UPDATE audit_stream SET cursor = NULL WHERE name = $name', 'the application did not sign'],
  ['paused', `UPDATE audit_stream SET state = 'paused' WHERE name = $name`, 'its acts state active'],
  ['done', `UPDATE audit_stream SET state = 'done' WHERE name = $name`, 'its acts state active'],
  ['keeps-no-events', 'UPDATE audit_stream SET keeps_events = false WHERE name = $name', 'differ in keepsEvents'],
] as const;

describe('streams', () => {
  it('whose rows are forged are not sent until they are put back', async () => {
    const names = ['siem', ...FORGERIES.map(([name]) => name)];
    await start(names);
    const isRefused = ([name]: (typeof FORGERIES)[number]) =>
      receiver.received.some(({ batch }) => batch.stream === name);
    await eventually(() => FORGERIES.every(isRefused));
    await stop();
    const putBack = await keep();
    for (const [name, forgery] of FORGERIES) {
      await client.query(forgery.replaceAll('$1', String(sealed)).replaceAll('$name', `'${name}'`));
    }
    const sentTo = () =>
      receiver
        .accepted()
        .map(({ stream }) => stream)
        .filter((stream) => stream !== 'siem');
    await startForged({ names });
    await eventually(async () => {
      const said = (await problems()).split('\n');
      return FORGERIES.every(([name, , seen]) => said.some((line) => line.includes(name) && line.includes(seen)));
    });
    expect(sentTo()).toEqual([]);
    await putBack();
    await expectAllSent();
    await eventually(() => new Set(sentTo()).size === FORGERIES.length);
  });
});

describe('a stream', () => {
  it('whose row is forged is sent again from a place by the command, which signs an act', async () => {
    await client.query('UPDATE audit_stream SET position = $1, looked = $1', [sealed]);
    expect(await startForged()).toContain('streams resume siem --from <index>');
    const args = ['resume', 'siem', '--from', String(sealed - 5), '--database-url', database.url];
    expect(await streams.run(args, { AUDIT_SIGNING_KEY_FILE: keyFile })).toMatchObject({ exitCode: 0 });
    await expectAllSent();
  });

  it('that goes back to an earlier place sends its events again', async () => {
    const { rows } = await client.query<{ position: string; looked: string; cursor: string }>('SELECT * FROM first');
    await client.query(
      'UPDATE audit_stream SET position = $1, looked = $2, cursor = $3',
      Object.values(rows.map(({ position, looked, cursor }) => [position, looked, cursor])[0] ?? []),
    );
    await startForged({ isNamed: false });
    await expectAllSent();
  });

  it('that was removed and made again does not take the place that it had before', async () => {
    receiver.answerBy(() => 204);
    await start();
    await passed(database, 'siem');
    const [before] = await database.superuserSql('SELECT position, looked, cursor FROM audit_stream');
    receiver.answerBy(() => 500);
    await change(removeStream);
    await eventually(async () => (await added()) > 1);
    await change(pauseStream);
    const putBack = await keep();
    await stop();
    await client.query('UPDATE audit_stream SET position = $1, looked = $2, cursor = $3', Object.values(before ?? {}));
    expect(await startForged()).toContain('the application did not sign its cursor');
    await putBack();
    await change(resumeStream);
    const sent = taken().length;
    await eventually(() => taken().length >= sent + sealed);
  });

  it('whose row is gone is sent again from the first event, even if its options say from now on', async () => {
    await client.query('DELETE FROM audit_stream');
    receiver.answerBy(() => 204);
    await start(['siem'], 'now');
    await expectAllSent();
  });

  it('that an act paused is not sent, whatever its row says', async () => {
    await start();
    await change(pauseStream);
    await stop();
    const before = taken();
    await client.query(`UPDATE audit_stream SET state = 'active'`);
    expect(await startForged()).toContain('its row has the state active, but its acts state paused');
    expect(taken()).toEqual(before);
    await change(resumeStream);
    await expectAllSent();
  });

  it('has no replay that no act began', async () => {
    const before = receiver.received.length;
    await client.query(REPLAY.replace('$1', String(sealed)));
    expect(await startForged()).toContain('siem.forged: its row contradicts the signed acts (no signed act added it');
    await eventually(isAllTaken);
    expect(receiver.received.slice(before).filter(({ batch }) => batch.replay !== undefined)).toEqual([]);
    await client.query(`DELETE FROM audit_stream WHERE name = 'siem.forged'`);
    await expectAllSent();
  });

  it('sends the events that a forged row says are parked', async () => {
    await client.query(`
      INSERT INTO audit_stream_parked (stream, index, event_id, leaf_hash, reason, parked_at, note)
      SELECT 'siem', index, event_id, leaf_hash, 'refused', now(), (SELECT note FROM audit_checkpoint LIMIT 1) FROM audit_leaf`);
    expect(await startForged()).toContain('AUDIT_STREAM_PARKED');
    await expectAllSent();
    expect(receiver.received.flatMap(({ batch }) => batch.gaps)).toEqual([]);
  });
});
