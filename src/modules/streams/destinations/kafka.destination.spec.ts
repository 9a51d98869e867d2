import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { problemsOfDestination } from './destination-types.js';
import { KafkaDestination } from './kafka.destination.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const RIGHT = {
  type: 'kafka',
  brokers: ['kafka.example.com:9093', '[2001:db8::1]:9093'],
  topic: 'audit.events',
} as const;

describe('the kafka destination', () => {
  it('says what to install', async () => {
    const away = new KafkaDestination(RIGHT, SOURCE, () => Promise.reject(new Error("Cannot find package 'kafkajs'")));
    await expect(away.send(sampleBatch([sampleEvent()]), new AbortController().signal)).rejects.toThrow(
      "Cannot send to a kafka destination: the package kafkajs could not be loaded (Cannot find package 'kafkajs'). Run npm install kafkajs.",
    );
    await away.close();
  });

  it('says what is wrong with its options', () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'audit', password: 'secret' };
    expect(problemsOfDestination({ ...RIGHT, sasl, certificate: 'c', key: 'k', format: 'cloudevents' })).toEqual([]);
    const wrong = { type: 'kafka', brokers: ['kafka'], topic: 'a b', tls: 'yes', key: 'k', sasl: { mechanism: 'x' } };
    expect(problemsOfDestination({ ...wrong, format: 'xml', maxMessageBytes: 1 })).toEqual(
      [
        'brokers must be a list such as ["kafka.example.com:9093"]',
        'topic must have 1 to 249 letters, digits, dots, hyphens and underscores',
        'tls is neither true nor false',
        'certificate and key go together',
        'sasl.mechanism must be plain or scram-sha-256 or scram-sha-512',
        'sasl.username must be a non-empty text',
        'sasl.password must be a non-empty text',
        'format must be json or ocsf or cloudevents or ecs or cef or leef',
        'maxMessageBytes is not a whole number from 1024 to 100000000',
      ].map((problem) => `destination.${problem}`),
    );
  });
});
