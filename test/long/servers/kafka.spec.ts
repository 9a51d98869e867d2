import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { KafkaDestinationOptions } from '../../../src/rooms/streams/index.js';
import type { OpenDestination } from '../../../src/rooms/streams/define-destination.js';
import { kafka as type } from '../../../src/rooms/streams/destinations/kafka.destination.js';
import type { AuditEvent } from '../../../src/audit/index.js';
import type { StreamBatch } from '../../../src/rooms/streams/stream-destination.js';
import { eventually, kept, sampleEvent } from '../../support/index.js';
import { KAFKA_ERRORS, KafkaBroker, type KafkaReceived } from '../../support/kafka-broker.js';
import { makeCertificate } from '../../support/make-certificate.js';
import { sampleBatch } from '../../support/stream-batches.js';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const TENANTS = ['acme', 'globex', 'initech', undefined];
const never = new AbortController().signal;
const certificate = makeCertificate('localhost', '127.0.0.1');
let topic: string;
const opened: OpenDestination[] = [];

const broker = await kept(KafkaBroker.start(certificate));
beforeEach(() => {
  topic = `audit-${randomUUID()}`;
});
afterEach(async () => {
  for (const destination of opened.splice(0)) await destination.close();
});

function destination(options: Partial<KafkaDestinationOptions> = {}): OpenDestination {
  const { certificate: ca } = certificate;
  const given = { type: 'kafka', brokers: [`localhost:${broker.port}`], topic, ca } as const;
  const made = type.kind.open({ ...given, allowPrivateAddresses: true, ...options }, SOURCE);
  opened.push(made);
  return made;
}

function batchOf(count: number, first = 0, fields: Parameters<typeof sampleEvent>[0] = {}): StreamBatch {
  const events = Array.from({ length: count }, (_, nth) => {
    const event: Writable<AuditEvent> = sampleEvent(fields);
    const tenantId = TENANTS[(first + nth) % TENANTS.length];
    if (tenantId === undefined) delete event.tenantId;
    else event.tenantId = tenantId;
    return event;
  });
  return sampleBatch(events, { first, checkpoint: 'origin\n1\nroot\n' });
}

function headersOf({ headers }: KafkaReceived): Readonly<Record<string, string>> {
  return Object.fromEntries(headers.flatMap((name, nth) => (nth % 2 === 0 ? [[name, headers[nth + 1] ?? '']] : [])));
}

function idOf(received: KafkaReceived): string {
  return headersOf(received)['audit-event-id'] ?? '';
}

function firstsOf(received: readonly KafkaReceived[], key: string): readonly string[] {
  return [...new Set(received.filter((each) => each.key === key).map(idOf))];
}

function sentTo(key: string, batches: readonly StreamBatch[]): readonly string[] {
  const events = batches.flatMap((batch) => batch.events);
  return events.filter(({ event }) => (event.tenantId ?? SOURCE.origin) === key).map(({ id }) => id);
}

function expectOrdered(received: readonly KafkaReceived[], batches: readonly StreamBatch[]): void {
  for (const tenant of TENANTS) {
    const key = tenant ?? SOURCE.origin;
    expect(firstsOf(received, key)).toEqual(sentTo(key, batches));
    expect(new Set(received.filter((each) => each.key === key).map(({ partition }) => partition)).size).toBe(1);
  }
}

describe('Kafka', () => {
  it('has each event under its tenant, in order, with its ids and its batch', async () => {
    const batches = [batchOf(40), batchOf(40, 40)];
    const kafka = destination();
    for (const batch of batches) await expect(kafka.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });

    const received = await broker.received(topic);
    expect(received).toHaveLength(80);
    expectOrdered(received, batches);
    const [batch] = batches;
    const [first] = batch?.events ?? [];
    const found = received.filter((each) => idOf(each) === first?.id);
    expect(found.map(headersOf)).toEqual([
      {
        ...{ 'content-type': 'application/json', 'audit-event-id': first?.id, 'audit-index': '0' },
        ...{ 'audit-leaf-hash': first?.leafHash, 'audit-batch-id': batch?.id, 'audit-batch-stream': 'siem' },
        ...{ 'audit-batch-first': '0', 'audit-batch-last': '39', 'audit-batch-previousHash': '' },
        ...{ 'audit-batch-checkpoint': 'origin\n1\nroot\n' },
      },
    ]);
    expect(JSON.parse(found[0]?.payload ?? '')).toMatchObject({ id: first?.id, index: 0, tenantId: 'acme' });
  });

  it('has every event after outages and lost answers amid the batches, in order', async () => {
    const batches = Array.from({ length: 10 }, (_, nth) => batchOf(20, nth * 20));
    const kafka = destination({ timeoutMs: 5_000 });
    const reasons = new Set<string>();
    for (const [nth, batch] of batches.entries()) {
      let isShut = nth === 4;
      if (isShut) await broker.shut();
      if (nth === 7)
        broker.faults.push(...Array.from({ length: 4 }, () => ({ api: 'produce', fault: 'lost answer' }) as const));
      await eventually(async () => {
        const answer = await kafka.send(batch, never);
        if ('reason' in answer) reasons.add(answer.reason);
        if (isShut && answer.outcome === 'retry') {
          await broker.reopen();
          isShut = false;
        }
        return answer.outcome === 'accepted';
      });
    }
    expect([...reasons].join()).toMatch(/ECONNREFUSED|closed/i);
    expectOrdered(await broker.received(topic), batches);
  });

  it('takes a batch that is larger than its limit in several requests', async () => {
    const batch = batchOf(40, 0, { details: { text: 'x'.repeat(60_000) } });
    await expect(destination().send(batch, never)).resolves.toEqual({ outcome: 'accepted' });
    expectOrdered(await broker.received(topic), [batch]);
  });

  it('is not sent what is larger than the limit, and refuses what is larger than its own', async () => {
    const batch = batchOf(2);
    const details = { text: 'x'.repeat(20_000) };
    const events = batch.events.map((each, nth) => (nth === 1 ? { ...each, event: { ...each.event, details } } : each));
    await expect(destination({ maxMessageBytes: 16_384 }).send({ ...batch, events }, never)).resolves.toEqual({
      ...{ outcome: 'refused', reason: 'its message is longer than maxMessageBytes (16384)', events: [events[1]?.id] },
    });
    broker.faults.push({ api: 'produce', fault: KAFKA_ERRORS.MESSAGE_TOO_LARGE });
    await expect(destination().send({ ...batch, events }, never)).resolves.toEqual({
      ...{ outcome: 'refused', reason: expect.stringMatching(/^MESSAGE_TOO_LARGE: /) },
    });
  });

  it('is tried again when the topic is missing', async () => {
    const fault = KAFKA_ERRORS.UNKNOWN_TOPIC_OR_PARTITION;
    broker.faults.push(...Array.from({ length: 4 }, () => ({ api: 'metadata', fault }) as const));
    await expect(destination().send(batchOf(1), never)).resolves.toEqual({
      ...{ outcome: 'retry', reason: expect.stringContaining('the topic does not exist') },
    });
    broker.faults.splice(0);
  });

  it('is sent nothing under a wrong name, by an unknown authority or in the own network', async () => {
    const other = makeCertificate('kafka.example.com');
    const stranger = await KafkaBroker.start(other);
    const reasons = [];
    for (const options of [
      { brokers: [`localhost:${stranger.port}`], ca: other.certificate },
      { ca: makeCertificate('localhost').certificate },
      { allowPrivateAddresses: false },
      { brokers: [`127.0.0.1:${broker.port}`], allowPrivateAddresses: false },
    ]) {
      const answer = await destination(options).send(batchOf(1), never);
      reasons.push(answer.outcome === 'retry' ? answer.reason : answer.outcome);
    }
    await stranger.stop();
    expect(reasons).toEqual([
      expect.stringMatching(/does not match certificate's altnames/),
      expect.stringContaining('self-signed certificate'),
      expect.stringContaining('its address is not public'),
      expect.stringContaining('127.0.0.1: its address is not public'),
    ]);
  });
});
