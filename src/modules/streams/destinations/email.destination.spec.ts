import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { eventually, sampleEvent } from '../../../../test/support/index.js';
import { sampleAlert } from '../../../../test/support/sample-alert.js';
import { startSmtpReceiver, type SmtpReceiver } from '../../../../test/support/smtp-receiver.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import type { StreamAnswer, StreamBatch } from '../stream-destination.js';
import { EmailDestination, type EmailDestinationOptions } from './email.destination.js';

const TO = ['security@shop.example', 'pager@shop.example'];
const never = new AbortController().signal;

let server: SmtpReceiver;

beforeEach(async () => {
  server = await startSmtpReceiver();
});
afterEach(() => server.close());

function destination(options: Partial<EmailDestinationOptions> = {}): EmailDestination {
  return new EmailDestination({
    ...{ type: 'email', host: 'localhost', port: server.port, ca: server.certificate, allowPrivateAddresses: true },
    ...{ from: 'audit@shop.example', to: TO, service: 'orders-prod', ...options },
  });
}

async function send(batch: StreamBatch, options: Partial<EmailDestinationOptions> = {}): Promise<StreamAnswer> {
  return destination(options).send(batch, never);
}

describe('the email destination', () => {
  it('sends an alert over TLS as a mail in plain text', async () => {
    const alert = sampleAlert(['id-of-a-failure'], { tenantId: 'acme' });
    const batch = sampleBatch([alert]);
    const login = { username: 'audit', password: 'right' };
    expect(await send(batch, login)).toEqual({ outcome: 'accepted' });

    expect(server.received).toHaveLength(1);
    const [mail] = server.received;
    expect(mail).toMatchObject({ isEncrypted: true, user: 'audit', from: 'audit@shop.example', to: TO });
    expect(Object.fromEntries(mail?.headers ?? [])).toMatchObject({
      from: 'audit@shop.example',
      to: TO.join(', '),
      subject: '[high] Many failed log-ins (orders-prod)',
      'message-id': `<${batch.id}@nestjs-audit-ledger>`,
      'auto-submitted': 'auto-generated',
      'content-type': 'text/plain; charset=utf-8',
    });
    for (const line of [
      'Rule:           brute_force',
      'Tenant:         acme',
      'Group:          {"details.username":"ada"}',
      'Matched events: 1',
      'Ids:            id-of-a-failure',
      `Event:          ${alert.id}`,
    ])
      expect(mail?.text.split('\n')).toContain(line);
  });

  it('sends one mail for a batch, with the most severe event as the subject', async () => {
    const grave = sampleAlert([], { details: { title: 'A log-in succeeded', level: 'critical' } });
    await send(sampleBatch([sampleEvent(), grave, sampleAlert([])]));
    expect(server.received.map(({ headers }) => headers.get('subject'))).toEqual([
      '[critical] A log-in succeeded and 2 more (orders-prod)',
    ]);
    expect(server.received[0]?.text).toMatch(/order_created[^]*A log-in succeeded[^]*Many failed log-ins/);
  });

  it('shows only personal values of the event, and no names', async () => {
    await send(sampleBatch([sampleAlert([], { details: { group: {} } }), sampleEvent()]));
    expect(server.received[0]?.text).not.toMatch(/Group:|Ada/);
  });

  it('does not let an event add a header, a recipient or a line', async () => {
    const title = 'Many\r\nBcc: thief@evil.example\r\n\r\nbody\u202Egnp.exe\u2028x';
    await send(sampleBatch([sampleAlert([], { details: { title, rule: 'one\nRule: other\n.\nQUIT' } })]));
    const [mail] = server.received;
    expect(mail?.to).toEqual(TO);
    expect(mail?.headers.has('bcc')).toBe(false);
    expect(mail?.headers.get('subject')).toBe('[high] Many Bcc: thief@evil.example body gnp.exe x (orders-prod)');
    expect(mail?.text.split('\n').filter((line) => /^(?:Rule|Bcc|body|QUIT|\.)/.test(line))).toEqual([
      'Rule:           one Rule: other . QUIT',
    ]);
  });
});

describe('a mail server', () => {
  it('without TLS gets nothing, unless tls is false', async () => {
    const plain = await startSmtpReceiver({ offersTls: false });
    try {
      const batch = sampleBatch([sampleAlert([])]);
      expect(await send(batch, { port: plain.port })).toMatchObject({ outcome: 'retry' });
      expect(plain.received).toEqual([]);
      expect(await send(batch, { port: plain.port, tls: false })).toEqual({ outcome: 'accepted' });
      expect(plain.received).toMatchObject([{ isEncrypted: false }]);
    } finally {
      await plain.close();
    }
  });

  it('with a certificate of another authority, or at a private address, gets nothing', async () => {
    const batch = sampleBatch([sampleAlert([])]);
    const untrusting = new EmailDestination({
      ...{
        type: 'email',
        host: 'localhost',
        from: 'audit@shop.example',
        to: TO,
        allowPrivateAddresses: true,
        port: server.port,
      },
    });
    expect(await untrusting.send(batch, never)).toMatchObject({
      outcome: 'retry',
      reason: expect.stringMatching(/certificate/i) as unknown,
    });
    expect(await send(batch, { allowPrivateAddresses: false })).toMatchObject({ outcome: 'retry' });
    expect(server.received).toEqual([]);
  });

  it('gets nothing if its name resolves to another address the second time', async () => {
    const email = new EmailDestination(
      {
        ...{ type: 'email', host: 'localhost', port: server.port, ca: server.certificate, timeoutMs: 500 },
        ...{ from: 'audit@shop.example', to: TO },
      },
      (_name, found) => {
        found(null, [{ address: '3ffe::1', family: 6 }]); // nobody has this network
      },
    );
    expect(await email.send(sampleBatch([sampleAlert([])]), never)).toMatchObject({ outcome: 'retry' });
    expect(server.received).toEqual([]);
  });

  it('that never ends its answer loses the connection with the attempt', async () => {
    let isClosed = false;
    const slow = createServer((socket) => {
      socket.write('220 ready\r\n');
      const drip = setInterval(() => socket.write('250-wait\r\n'), 10);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          clearInterval(drip);
          isClosed = true;
        });
    });
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    try {
      const { port } = slow.address() as AddressInfo; // it listens on a port
      const answer = await send(sampleBatch([sampleAlert([])]), { port, timeoutMs: 200 });
      expect(answer).toEqual({ outcome: 'retry', reason: 'it did not accept the batch within 200 ms' });
      await eventually(() => Promise.resolve(isClosed));
    } finally {
      slow.close();
    }
  });

  it('that refuses a login, or is away, gets the mail later', async () => {
    const batch = sampleBatch([sampleAlert([])]);
    expect(await send(batch, { username: 'audit', password: 'wrong' })).toMatchObject({ outcome: 'retry' });
    server.answerMails(() => '451 later');
    expect(await send(batch)).toMatchObject({ outcome: 'retry' });
    expect(server.received).toEqual([]);
  });

  it('that refuses the text has its events found and parked', async () => {
    server.answerMails(() => '554 spam');
    expect(await send(sampleBatch([sampleAlert([])]))).toEqual({
      outcome: 'refused',
      reason: 'the mail server refuses the text of the mail (554)',
    });
  });

  it('that refuses one recipient gets the mail again for that recipient only', async () => {
    const batch = sampleBatch([sampleAlert([])]);
    const email = destination();
    server.answerReceivers((address) => (address.startsWith('pager') ? '450 greylisted' : undefined));
    expect(await email.send(batch, never)).toEqual({
      outcome: 'retry',
      reason: 'the mail server refuses mails for pager@shop.example',
    });
    server.answerReceivers(() => undefined);
    expect(await email.send(batch, never)).toEqual({ outcome: 'accepted' });
    expect(server.received.map(({ to }) => to)).toEqual([[TO[0]], [TO[1]]]);
  });
});
