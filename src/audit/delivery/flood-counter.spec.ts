import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../event/audit-event.js';
import { COUNTED_MS, FloodCounter, type CountedFailures } from './flood-counter.js';

const LIMIT = 60;

function scene() {
  let now = 0;
  const reported: CountedFailures[] = [];
  const started: string[] = [];
  const counter = new FloodCounter(LIMIT, () => now, {
    began: ({ kind }) => Promise.resolve(void started.push(kind)),
    counted: (counted) => reported.push(counted),
  });
  const fail = (times: number, fields: object = {}): number => {
    let recorded = 0;
    for (let nth = 0; nth < times; nth++) if (!counter.count(failure(now, fields))) recorded++;
    return recorded;
  };
  const pass = (ms: number): void => {
    now += ms;
    counter.tick();
  };
  const passUnticked = (ms: number): void => void (now += ms);
  return { counter, begun: started, reported, fail, pass, passUnticked };
}

function failure(now: number, fields: object): AuditEvent {
  const event = {
    type: 'user_login_failed',
    outcome: 'failure',
    severity: 'warning',
    occurredAt: new Date(now).toISOString(),
    actor: { type: 'anonymous' },
    request: { ip: '203.0.113.9' },
    ...fields,
  };
  return event as unknown as AuditEvent; // the counter reads only these fields
}

it('failures of one source beyond the limit are counted from the first in the next minute, until a minute is within the limit', () => {
  const { begun: started, reported, fail, pass } = scene();
  expect(fail(61)).toBe(60);
  pass(COUNTED_MS);
  expect(fail(100)).toBe(0);
  pass(COUNTED_MS);
  expect(fail(60)).toBe(0);
  pass(COUNTED_MS);
  expect(fail(60)).toBe(60);
  expect(reported.map(({ events }) => events)).toEqual([1, 100, 60]);
  expect(started).toEqual(['ip']);
  fail(1);
  expect(started).toEqual(['ip', 'ip']);
});

describe('a source', () => {
  it('is an address, whatever the accounts, and an account, whatever the addresses', () => {
    const { reported, fail, counter } = scene();
    let recorded = 0;
    for (let nth = 0; nth < 100; nth++) recorded += fail(1, { actor: { type: 'user', id: `u${nth}` } });
    for (let nth = 0; nth < 100; nth++) {
      recorded += fail(1, { actor: { type: 'user', id: 'ada' }, request: { ip: `198.51.100.${nth}` } });
    }
    expect(recorded).toBe(120);
    counter.flush();
    expect(reported.map(({ source }) => source)).toEqual([
      { kind: 'ip', ip: '203.0.113.9' },
      { kind: 'actor', actor: { type: 'user', id: 'ada' } },
    ]);
  });

  it('of IPv6 is a /64', () => {
    const { reported, fail, counter } = scene();
    expect(fail(40, { request: { ip: '2001:db8:0:1::5' } }) + fail(40, { request: { ip: '2001:db8:0:1:2:3:4:5' } })).toBe(60);
    expect(fail(1, { request: { ip: '2001:db8:0:2::5' } })).toBe(1);
    counter.flush();
    expect(reported[0]?.source).toEqual({ kind: 'ip', ip: '2001:db8:0:1::' });
  }); // prettier-ignore

  it('is one of many beyond 10,000 of them, so that their memory is bounded and each is counted', () => {
    const { counter, reported, fail, pass } = scene();
    let recorded = 0;
    for (let nth = 0; nth < 12_000; nth++) recorded += fail(1, { request: { ip: `10.${nth >> 16}.${nth >> 8}.${nth}` } });
    expect(counter.sources).toBeLessThanOrEqual(10_001);
    expect(recorded).toBe(10_060);
    pass(COUNTED_MS);
    expect(reported).toMatchObject([{ source: { kind: 'many' }, events: 1_940 }]);
    pass(2 * COUNTED_MS);
    expect(counter.sources).toBe(0);
  }); // prettier-ignore
});

it('a success, a critical event, a fault of the server and an event of no source are never counted', () => {
  const { fail } = scene();
  expect(fail(100, { outcome: 'success' })).toBe(100);
  expect(fail(100, { severity: 'critical' })).toBe(100);
  expect(fail(100, { request: { ip: '203.0.113.9', statusCode: 500 } })).toBe(100);
  expect(fail(100, { request: { ip: '203.0.113.9', statusCode: 503 }, outcome: 'denied' })).toBe(100);
  expect(fail(100, { severity: 'error' })).toBe(100);
  expect(fail(100, { request: undefined })).toBe(100);
});

it('faults of the server do not use up the limit of those who meet them', () => {
  const { fail } = scene();
  fail(100, { request: { ip: '203.0.113.9', statusCode: 500 } });
  expect(fail(100, { request: { ip: '203.0.113.9', statusCode: 401 } })).toBe(LIMIT);
  expect(fail(100, { request: { ip: '203.0.113.9', statusCode: 400 }, severity: 'error' })).toBe(0);
});
