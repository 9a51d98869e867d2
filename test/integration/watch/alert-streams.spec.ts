import { expect, it } from '@jest/globals';
import { LedgerProvider } from '../../../src/modules/monitoring/index.js';
import type { StreamOptions } from '../../../src/modules/streams/index.js';
import { eventually, freshKeyFile, kept, testDatabase } from '../../support/index.js';
import { startSmtpReceiver } from '../../support/smtp-receiver.js';
import { startStreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver } from '../../support/webhook-receiver.js';
import { failed, many } from './histories/history.js';

const database = await testDatabase();
const chat = await kept(startWebhookReceiver());
const mails = await kept(startSmtpReceiver());
const network = { allowPrivateAddresses: true } as const;
const streams: readonly StreamOptions[] = [
  {
    name: 'alerts-chat',
    filter: { type: 'alert_raised' },
    personal: 'omit',
    destination: chat.destination,
  },
  {
    name: 'alerts-mail',
    filter: { type: 'alert_raised', severity: ['error', 'critical'] },
    personal: 'include',
    destination: {
      ...{ type: 'email', host: 'localhost', port: mails.port, ca: mails.certificate, ...network },
      ...{ from: 'audit@shop.example', to: ['security@shop.example'], service: 'orders-prod' },
    },
  },
];
const app = await kept(startStreamApp(database, freshKeyFile(), streams, { watch: {} }));

it('streams of alerts alone tell a chat and a mailbox of an attack, with what matters', async () => {
  let failures = 0;
  mails.answerMails(() => (failures++ === 0 ? '451 try again' : undefined));
  await app.app
    .get(LedgerProvider)
    .record(many(12, (index) => failed(index / 10, 'ada@shop.example', { tenantId: 'acme' })));
  await eventually(() => mails.received.length > 0);
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
  expect(mails.received.map(({ headers }) => headers.get('subject'))).toEqual([
    '[high] Many log-ins failed for one account (orders-prod)',
  ]);
  expect(mails.received[0]?.text).toContain('Group:          {"account":"ada@shop.example"}');
});
