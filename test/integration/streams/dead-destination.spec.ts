import { expect, it } from '@jest/globals';
import { AuditAggregator } from '../../../src/audit/index.js';
import { command as consumers } from '../../../src/cli/commands/consumers.command.js';
import type { StreamOptions } from '../../../src/extensions/streams/index.js';
import { eventually, freshKeyFile, closeAfterTests, settled, testDatabase } from '../../support/index.js';
import { expectReceivedSound } from '../../support/verified-copy.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

const EVENTS = 500;
const keyFile = freshKeyFile();

const database = await testDatabase();
const dead = await closeAfterTests(startWebhookReceiver());
const live = await closeAfterTests(startWebhookReceiver());
dead.answerBy((_batch, response) => {
  response.destroy();
  return 'own';
});
const app = await closeAfterTests(startStreamApp(database, keyFile, [streamTo('dead', dead), streamTo('live', live)]));

function streamTo(name: string, { destination }: WebhookReceiver): StreamOptions {
  return { name, destination, personal: 'omit' };
}

async function readPosition(name: string): Promise<unknown> {
  const [row] = await database.sql('SELECT position::int FROM audit_consumer WHERE name = $1', [name]);
  return row?.position;
}

it('events behind a dead destination delay no writer and no other stream, and are all sent once it is back', async () => {
  await eventually(async () => (await readPosition('dead')) === 0);
  await addSealed(database, EVENTS);
  const { eventId: id } = await app.app.get(AuditAggregator).record('order_created', {});
  await settled(database);
  expect(await database.superuserSql('SELECT id::text FROM audit_event WHERE id = $1', [id])).toEqual([{ id }]);
  await passed(database, 'live');
  expect(await readPosition('dead')).toBe(0);
  const proven = await expectReceivedSound(database.url, 'live', live.received);
  expect(proven.events).toBeGreaterThanOrEqual(EVENTS);

  dead.answerBy(() => 200);
  const environment = { AUDIT_SIGNING_KEY_FILE: keyFile };
  expect(await consumers.run(['resume', 'dead', '--database-url', database.url], environment)).toMatchObject({
    exitCode: 0,
  });
  await passed(database, 'dead');
  await expectReceivedSound(database.url, 'dead', dead.received);
});
