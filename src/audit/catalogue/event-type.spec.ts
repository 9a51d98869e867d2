import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkDetails, type DetailKind } from './event-type.js';

const fields = new Map<string, DetailKind>([
  ['reason', 'text'],
  ['attempts', 'number'],
  ['mfa', 'boolean'],
  ['userId', 'key'],
  ['dataTypes', 'list'],
  ['oldValue', 'any'],
  ['constructor', 'text'],
]);
const ofFields = (details: unknown) => checkDetails(details, { fields });

function buildSchema(validate: StandardSchemaV1['~standard']['validate']): { readonly schema: StandardSchemaV1 } {
  return { schema: { '~standard': { version: 1, vendor: 'test', validate } } };
}

describe('held against the fields of a list', () => {
  it.each([
    undefined,
    null,
    {},
    { reason: 'x', attempts: 3, mfa: false, dataTypes: ['a'], oldValue: { any: [1] } },
    { userId: 'u-1' },
    { userId: 7 },
    { userId: 7n },
    { reason: undefined, attempts: null },
    { dataTypes: [] },
    Object.create(null),
  ])('%p is right', (details) => {
    expect(ofFields(details)).toEqual([]);
  });

  it.each<[unknown, string, string]>([
    [{ raeson: 'x' }, '/raeson', 'is not a field of this event type'],
    [{ user_id: 'x' }, '/user_id', 'is not a field of this event type; userId is'],
    [{ toString: 'x' }, '/toString', 'is not a field of this event type'],
    [{ 'a/b~c': 1 }, '/a~1b~0c', 'is not a field of this event type'],
    [{ reason: 7 }, '/reason', 'is a number, not a text'],
    [{ reason: new Date() }, '/reason', 'is an object, not a text'],
    [{ attempts: '3' }, '/attempts', 'is a text, not a number'],
    [{ attempts: Number.NaN }, '/attempts', 'is not a finite number, not a number'],
    [{ mfa: 'yes' }, '/mfa', 'is a text, not true or false'],
    [{ dataTypes: 'a' }, '/dataTypes', 'is a text, not a list of texts'],
    [{ dataTypes: ['a', 7] }, '/dataTypes', 'is a list, not a list of texts'],
    [['reason'], '', 'are a list, not fields'],
  ])('%p is wrong', (details, path, message) => {
    expect(ofFields(details)).toEqual([{ path, message }]);
  });

  it('values are never said, and secrets in names are masked', () => {
    const issues = ofFields({ reason: 4111111111111111, 'password=hunter2': 1 });

    expect(issues).toHaveLength(2);
    expect(JSON.stringify(issues)).not.toMatch(/4111|hunter2/);
  });

  it('ten issues are said at most, of short paths', () => {
    const names = Array.from({ length: 1_000 }, (_, key) => `${key}`.padEnd(10_000, 'x'));
    const issues = ofFields(Object.fromEntries(names.map((name) => [name, 1])));

    expect(issues).toHaveLength(10);
    for (const { path } of issues) expect(path.length).toBeLessThanOrEqual(128);
    expect(Object.isFrozen(issues) && issues.every((issue) => Object.isFrozen(issue))).toBe(true);
  });
});

describe('held against a schema', () => {
  const schema = z.object({
    invoice: z.object({ id: z.string(), lines: z.array(z.number()) }),
    note: z.string().optional(),
  });

  it('what it refuses is said by path and kind, without its own words', () => {
    const details = { invoice: { id: 7, lines: [1, 'hunter2'] }, note: null };
    expect(checkDetails(details, { schema })).toEqual([
      { path: '/invoice/id', message: 'is a number, which the schema refuses' },
      { path: '/invoice/lines/1', message: 'is a text, which the schema refuses' },
      { path: '/note', message: 'is null, which the schema refuses' },
    ]);
  });

  it.each<[string, StandardSchemaV1['~standard']['validate'], string]>([
    ['throws', () => { throw new Error('hunter2'); }, 'cannot be checked: reading them threw an error'], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('hunter2')), 'cannot be checked: their schema is asynchronous'],
    ['waits', () => Promise.resolve({ value: 1 }), 'cannot be checked: their schema is asynchronous'],
    ['answers nothing', () => undefined as never, 'cannot be checked: reading them threw an error'], // as a careless schema does
  ])('one that %s costs a mark', (_what, validate, message) => {
    expect(checkDetails({}, buildSchema(validate))).toEqual([{ path: '', message }]);
  });

  it('paths may be of segments, as some libraries have them', () => {
    const rule = buildSchema(() => ({ issues: [{ message: 'hunter2', path: [{ key: 'a' }, { key: 0 }] }] }));
    expect(checkDetails({ a: [true] }, rule)).toEqual([
      { path: '/a/0', message: 'is a boolean, which the schema refuses' },
    ]);
  });
});
