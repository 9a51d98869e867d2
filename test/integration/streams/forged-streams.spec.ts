import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cp } from 'node:fs/promises';
import { dirname } from 'node:path';
import type pg from 'pg';
import { command as consumers } from '../../../src/cli/commands/consumers.command.js';
import { pauseConsumer, resumeConsumer } from '../../../src/monitoring/consumers/change-consumer.js';
import {
  createTestDatabase,
  eventually,
  freshKeyFile,
  closeAfterTests,
  openClient,
  testDatabase,
} from '../../support/index.js';
import { addSealed, passed, startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

const TABLES = ['audit_consumer', 'audit_consumer_parked'];
const OPERATOR = { actor: { type: 'admin', id: 'operator' } } as const;

/** All cases begin with a copy of one database: its stream was sent five events, and its destination refuses five more. */
const receiver = await closeAfterTests(startWebhookReceiver());
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

const change = (by: typeof pauseConsumer | typeof resumeConsumer) =>
  running().consumers.change(OPERATOR, (session, operator) => by(session, 'siem', operator));

async function keep(): Promise<() => Promise<void>> {
  for (const table of TABLES) await client.query(`DROP TABLE IF EXISTS kept_${table}`);
  for (const table of TABLES) await client.query(`CREATE TEMPORARY TABLE kept_${table} AS SELECT * FROM ${table}`);
  return async () => {
    await client.query('DELETE FROM audit_consumer');
    for (const table of TABLES)
      await client.query(`INSERT INTO ${table} SELECT * FROM kept_${table}; DROP TABLE kept_${table}`);
  };
}

const problems = async (): Promise<string> =>
  (await running().consumers.problems())
    .map((problem) => `${(problem as Error & { code: string }).code} ${problem.message}`)
    .join('\n');

async function startForged({ isNamed = true, names = ['siem'] } = {}): Promise<string> {
  receiver.answerBy(() => 204);
  await start(names);
  return eventually(async () => {
    const [row] = await database.sql(`SELECT position::int FROM audit_consumer WHERE name = 'siem'`);
    const said = await problems();
    return (/CONTRADICTED|PARKED/.test(said) || (!isNamed && row?.position === sealed)) && `said: ${said}`;
  });
}

const taken = (): readonly number[] => receiver.accepted().flatMap(({ events }) => events.map(({ index }) => index));

const isAllTaken = (): boolean => Array.from({ length: sealed }, (_, nth) => nth).every((nth) => taken().includes(nth));

async function expectAllSent(): Promise<void> {
  await eventually(async () => !(await problems()).includes('CONTRADICTED'));
  await eventually(isAllTaken);
}

const REPLAY = `
  INSERT INTO audit_consumer (name, state, position, delays_retention, about, replay_of, ends_before, note)
  SELECT 'siem.forged', 'active', 0, delays_retention, about, name, $1::bigint, note FROM audit_consumer`;

await start();
await addSealed(database, 5);
await passed(database, 'siem');
await database.superuserSql('CREATE TABLE first AS SELECT * FROM audit_consumer');
receiver.answerBy(() => 500);
const sent = receiver.received.length;
const sealed = await addSealed(database, 5);
await eventually(() => receiver.received.length > sent);
await stop();
const received = receiver.received.length;

beforeEach(async () => {
  database = await createTestDatabase({ copyFrom: original });
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

const UNSIGNED = 'did not sign the note';

/** `$1` is the number of sealed events, `$name` the name of the stream. */
const FORGERIES = [
  ['ahead', 'UPDATE audit_consumer SET position = $1 WHERE name = $name', 'but its signed note active at 0'],
  [
    'ahead-with-a-leaf',
    `UPDATE audit_consumer SET position = $1, leaf = (SELECT leaf_hash FROM audit_leaf WHERE index = $1 - 1) WHERE name = $name`,
    'but its signed note active at 0',
  ],
  [
    'searched-by-a-filter',
    `UPDATE audit_consumer SET note = replace(note, '"carried":{', '"carried":{"searched":{"as":{"filter":{"severity":"critical"}}},')
      WHERE name = $name`,
    UNSIGNED,
  ],
  [
    'batch-of-another-filter',
    `UPDATE audit_consumer SET note = replace(note, '"filter":{}', '"filter":{"type":"nothing"}') WHERE name = $name`,
    UNSIGNED,
  ],
  [
    'another-end',
    'UPDATE audit_consumer SET sending_to = sending_to + 1 WHERE name = $name',
    'but its signed note active at 0',
  ],
  ['no-note', `UPDATE audit_consumer SET note = '' WHERE name = $name`, UNSIGNED],
  [
    'note-of-another',
    `UPDATE audit_consumer SET note = (SELECT note FROM audit_consumer WHERE name = 'siem') WHERE name = $name`,
    UNSIGNED,
  ],
  ['paused', `UPDATE audit_consumer SET state = 'paused' WHERE name = $name`, 'its row is paused at 0'],
  ['done', `UPDATE audit_consumer SET state = 'done' WHERE name = $name`, 'its row is done at 0'],
  [
    'keeps-no-events',
    'UPDATE audit_consumer SET delays_retention = false WHERE name = $name',
    'or they differ otherwise',
  ],
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
  it('whose row is forged is sent again from a place by the command', async () => {
    await client.query('UPDATE audit_consumer SET position = $1', [sealed]);
    expect(await startForged()).toContain('consumers resume siem --from <index>');
    const args = ['resume', 'siem', '--from', String(sealed - 5), '--database-url', database.url];
    expect(await consumers.run(args, { AUDIT_SIGNING_KEY_FILE: keyFile })).toMatchObject({ exitCode: 0 });
    await expectAllSent();
  });

  it('whose row is gone is sent again from the first event, even if its options say from now on', async () => {
    await client.query('DELETE FROM audit_consumer');
    receiver.answerBy(() => 204);
    await start(['siem'], 'now');
    await expectAllSent();
  });

  it('that somebody paused is not sent, whatever its row says', async () => {
    await start();
    await change(pauseConsumer);
    await stop();
    const before = taken();
    await client.query(`UPDATE audit_consumer SET state = 'active'`);
    expect(await startForged()).toContain('but its signed note paused at');
    expect(taken()).toEqual(before);
    await client.query(`UPDATE audit_consumer SET state = 'paused'`);
    await change(resumeConsumer);
    await expectAllSent();
  });

  it('has no replay that nobody began', async () => {
    const before = receiver.received.length;
    await client.query(REPLAY.replace('$1', String(sealed)));
    expect(await startForged()).toContain('siem.forged: the application did not sign the note');
    await eventually(isAllTaken);
    expect(receiver.received.slice(before).filter(({ batch }) => batch.replay !== undefined)).toEqual([]);
    await client.query(`DELETE FROM audit_consumer WHERE name = 'siem.forged'`);
    await expectAllSent();
  });

  it('sends the events that a forged row says are parked', async () => {
    await client.query(`
      INSERT INTO audit_consumer_parked (consumer, index, event_id, leaf_hash, reason, parked_at, note)
      SELECT 'siem', index, event_id, leaf_hash, 'refused', now(), (SELECT note FROM audit_checkpoint LIMIT 1) FROM audit_leaf`);
    expect(await startForged()).toContain('AUDIT_CONSUMER_PARKED');
    await expectAllSent();
    expect(receiver.received.flatMap(({ batch }) => batch.gaps)).toEqual([]);
  });
});
