import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineDestination } from './define-destination.js';
import { resolveStreamsOptions, type StreamsOptions } from './streams-options.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const WEBHOOK = { type: 'webhook', url: 'https://siem.example/audit', secrets: [SECRET] };
const FILE = { type: 'file', path: '/var/log/audit.jsonl' };
const STREAM = { name: 'siem', destination: WEBHOOK, personal: 'omit' };

const pigeon = defineDestination({
  type: 'pigeon',
  options: z.object({ loft: z.string() }),
  create: () => ({ send: () => Promise.resolve() }),
});

function resolveCustom(type: unknown): unknown {
  return defineDestination({ type: type as string, create: () => ({ send: () => Promise.resolve() }) })({});
}

function findProblems(input: unknown): readonly string[] {
  const problems: string[] = [];
  resolveStreamsOptions({ streams: input } as StreamsOptions, problems); // JavaScript callers may pass any value
  return problems;
}

describe('the option streams', () => {
  it('accepts a stream, and no stream', () => {
    expect(findProblems(undefined)).toEqual([]);
    expect(
      findProblems([
        STREAM,
        { ...STREAM, name: 'file', destination: FILE },
        { ...STREAM, name: 'own', destination: pigeon({ loft: 'a' }) },
      ]),
    ).toEqual([]);
  });

  it.each<[unknown, string]>([
    ['siem', 'streams is not a list'],
    [[{ ...STREAM, name: 'SIEM' }], 'streams[0].name must begin with a letter'],
    [[STREAM, STREAM], 'two streams have the name siem'],
    [[{ ...STREAM, personal: undefined }], "streams[0].personal must be 'include', 'pseudonym' or 'omit'"],
    [[{ ...STREAM, personal: 'pseudonym', pseudonymKey: 'short' }], 'pseudonymKey must have 32 characters or more'],
    [[{ ...STREAM, from: 'yesterday' }], 'from is yesterday, not beginning or now'],
    [[{ ...STREAM, delaysRetention: 'yes' }], 'delaysRetention is neither true nor false'],
    [[{ ...STREAM, batch: { maxEvents: 0 } }], 'batch.maxEvents is 0, not a whole number from 1 to 10000'],
    [[{ ...STREAM, rate: { eventsPerSecond: 0.5 } }], 'rate.eventsPerSecond is 0.5, not a whole number'],
    [[{ ...STREAM, filter: { colour: 'red' } }], 'filter.colour is an unknown filter'],
    [[{ ...STREAM, access: { scope: 'some' } }], 'access must be a value that authorize can return'],
    [[{ ...STREAM, destination: { type: 'pigeon' } }], 'destination.type is pigeon: use datadog or'],
    [[{ ...STREAM, destination: pigeon }], 'destination.type is missing: call the result of defineDestination()'],
    [[{ ...STREAM, destination: pigeon({} as never) }], 'destination.loft is missing'],
    [[{ ...STREAM, destination: pigeon({ loft: 3 } as never) }], 'destination.loft: Invalid input: expected string'],
    [[{ ...STREAM, destination: pigeon({ loft: 'a', lofd: 'b' } as never) }], 'did you mean loft?'],
    [
      [{ ...STREAM, destination: resolveCustom('webhook') }],
      'destination.type is webhook, a type of the package: choose another',
    ],
    [
      [{ ...STREAM, destination: resolveCustom(undefined) }],
      'destination.type is undefined, but must begin with a letter',
    ],
    [[{ ...STREAM, destination: { ...WEBHOOK, url: 'http://siem.example' } }], 'destination.url'],
    [[{ ...STREAM, destination: { ...WEBHOOK, secrets: ['secret'] } }], 'destination.secrets'],
    [[{ ...STREAM, destination: { ...WEBHOOK, headers: { Host: 'inside' } } }], 'headers must not contain Host'],
    [[{ ...STREAM, destination: { ...WEBHOOK, timeoutMs: 1 } }], 'destination.timeoutMs is 1, not a whole number'],
  ])('refuses %j', (input, said) => {
    const problems = findProblems(input);
    expect(problems.join('\n')).toContain(said);
    expect(problems.join('\n')).not.toContain(SECRET);
  });
});
