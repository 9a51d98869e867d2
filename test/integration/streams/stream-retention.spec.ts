import { afterEach, describe, expect, it } from '@jest/globals';
import { runRetention } from '../../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import {
  eventually,
  freshKeyFile,
  closeAfterTests,
  makeSigner,
  ORIGIN,
  settled,
  testDatabase,
  withClient,
} from '../../support/index.js';
import { addEventsAt, makeArchives, policyBy } from '../../support/retention-scene.js';
import { passed, startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';

const OLD = '2026-01-10T12:00:00.000Z';
const OLD_EVENTS = 60;

const database = await testDatabase();
const keyFile = freshKeyFile();
const { archives } = await makeArchives(await makeSigner(keyFile));
const receiver = await closeAfterTests(startWebhookReceiver());
receiver.answerBy(() => 500);
let app: StreamApp;
afterEach(() => app.close());

async function start(delaysRetention: boolean): Promise<void> {
  const { destination } = receiver;
  const stream = { name: 'siem', destination, personal: 'include', batch: { maxEvents: 20 }, delaysRetention } as const;
  app = await startStreamApp(database, keyFile, [stream], { origin: ORIGIN });
  await eventually(
    async () => (await count(`audit_consumer WHERE failures > 0 AND delays_retention = ${delaysRetention}`)) === 1,
  );
}

async function count(what: string): Promise<number> {
  const [row] = await database.superuserSql(`SELECT count(*)::int AS found FROM ${what}`);
  return Number(row?.found);
}

const oldEvents = () => count(`audit_event WHERE occurred_at = '${OLD}'`);

async function retire(): Promise<number> {
  const policy = policyBy({ days: 30 });
  const { retired, problems } = await runRetention({ connectionUrl: database.url, archives, policy });
  expect(problems).toEqual([]);
  return retired.reduce((sum, { events }) => sum + events, 0);
}

describe('retention', () => {
  it('keeps what an active stream has not passed', async () => {
    await withClient(database.url, (client) => addEventsAt(client, OLD, OLD_EVENTS));
    await start(true);
    await settled(database);
    expect([await retire(), await oldEvents()]).toEqual([0, OLD_EVENTS]);

    receiver.answerBy(({ first }) => (first < 40 ? 200 : 500));
    await eventually(async () => (await count('audit_consumer WHERE position >= 40 AND failures > 0')) === 1);
    const sent = await count(
      `audit_leaf JOIN audit_event ON id = event_id
        WHERE index < (SELECT position FROM audit_consumer) AND occurred_at = '${OLD}'`,
    );
    expect(sent).toBeGreaterThan(30);
    expect([await retire(), await oldEvents()]).toEqual([sent, OLD_EVENTS - sent]);
  });

  it('passes a stream whose option lets it: signed records name what the stream lost', async () => {
    const left = await oldEvents();
    await start(false);
    await settled(database);
    expect([await retire(), await oldEvents()]).toEqual([left, 0]);

    receiver.answerBy(() => 200);
    await passed(database, 'siem');
    expect(await expectReceivedSound(database.url, 'siem', receiver.received)).toMatchObject({ retired: left });
  });
});
