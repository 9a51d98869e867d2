import { expect, it } from '@jest/globals';
import type { StreamOptions } from '../../../src/rooms/streams/index.js';
import { eventually, freshKeyFile, kept, recordSealed, testDatabase } from '../../support/index.js';
import { startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';
import { watched } from '../../support/watched.js';
import { failed, many } from './histories/history.js';

const database = await testDatabase();
const chat = await kept(startWebhookReceiver());
const streams: readonly StreamOptions[] = [
  {
    name: 'alerts-chat',
    filter: { type: 'alert_raised' },
    personal: 'omit',
    destination: chat.destination,
  },
];
const app = await kept(startStreamApp(database, freshKeyFile(), streams, { watch: {} }));

await watched(database);

it('a stream of alerts alone tells a chat of an attack, with what matters', async () => {
  await recordSealed(
    app.app,
    database,
    many(12, (index) => failed(index / 10, 'ada@shop.example', { tenantId: 'acme' })),
  );
  const events = await eventually(() => {
    const sent = chat.accepted().flatMap((batch) => batch.events);
    return sent.length > 0 && sent;
  });

  expect(events.map(({ event }) => event)).toMatchObject([
    {
      ...{ type: 'alert_raised', severity: 'error', tenantId: 'acme' },
      details: { rule: 'brute_force', level: 'high', title: 'Many log-ins failed for one account', matchedCount: 10 },
    },
  ]);
  expect(JSON.stringify(events)).not.toContain('ada@');
});
