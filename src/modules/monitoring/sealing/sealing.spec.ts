import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import {
  canonicalJson,
  catalogueFactRules,
  personalNameTest,
  type AuditEvent,
  type JsonValue,
} from '../../../audit/plain.js';
import { joinPersonal } from './personal-part.js';
import { commitPersonal, encodeEntry, sealFacts } from './seal-event.js';
import { EntryTooLargeError, InvalidSaltError, PersonalPartError } from './sealing.error.js';
import { makeSalt, sealEvent, splitPersonal } from '../../../../test/support/split-event.js';
import { runs } from '../../../../test/support/whole.js';

const rules = catalogueFactRules({
  isPersonalName: personalNameTest(['~odd/name', '__proto__', 'to', '0']),
  factFields: ['status', 'c~d'],
});

/** Names that are personal, names that are not, and names that a pointer has to escape. */
const name = fc.oneof(
  fc.constantFrom(
    'email',
    'username',
    'name',
    'status',
    'a/b',
    'c~d',
    '~odd/name',
    '__proto__',
    'path',
    'from',
    'to',
    '0',
    '',
  ),
  fc.string({ maxLength: 4 }),
);

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('json')), { maxLength: 4 }).map((fields) => Object.fromEntries(fields)),
  ),
}));
const fields = fc.array(fc.tuple(name, json), { maxLength: 4 }).map((each) => Object.fromEntries(each));
const pointer = fc.array(name, { maxLength: 3 }).map((names) => names.map((each) => `/${each}`).join(''));
const diff = fc.array(fc.record({ path: pointer, from: json, to: json }, { requiredKeys: ['path'] }), { maxLength: 3 });
const some = fc.option(fc.string({ minLength: 1 }), { nil: undefined });

function withoutRequest(event: AuditEvent): AuditEvent {
  return Object.fromEntries(Object.entries(event).filter(([field]) => field !== 'request')) as unknown as AuditEvent; // it is optional
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

const event: fc.Arbitrary<AuditEvent> = fc
  .record({
    details: fields,
    metadata: fields,
    before: json,
    diff: fc.oneof(diff, json),
    actorName: some,
    ip: some,
    userAgent: some,
    requestId: some,
    message: some,
  })
  .map(({ details, metadata, before, diff: entries, actorName, ip, userAgent, requestId, message }) => {
    const rest = withoutRequest(sampleEvent({ details, metadata }));
    const request = withoutUndefined({ id: requestId, ip, userAgent });
    return {
      ...rest,
      actor: withoutUndefined({ type: 'user', id: 'u-1', name: actorName }),
      ...(Object.keys(request).length > 0 ? { request } : {}),
      error: withoutUndefined({ name: 'Error', message }),
      changes: { before, diff: entries },
    } as AuditEvent; // of the shape that the core makes
  });

/** The names and texts at any depth. */
function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, field] of Object.entries(value)) {
    yield key;
    yield* textsOf(field);
  }
}

describe('the personal part', () => {
  it('joined to the facts is the event again, for every event', () => {
    fc.assert(
      fc.property(event, (given) => {
        const { facts, personal } = splitPersonal(given, rules);
        expect(canonicalJson(joinPersonal(facts, personal))).toBe(canonicalJson(given));
      }),
      { numRuns: runs(1_000) },
    );
  });

  it('is joined again when both parts come back from JSON, in any order', () => {
    fc.assert(
      fc.property(event, (given) => {
        const { facts, personal = {} } = splitPersonal(given, rules);
        const stored = Object.fromEntries(Object.entries(personal).reverse());
        const read = JSON.parse(JSON.stringify({ facts, personal: stored })) as {
          facts: AuditEvent;
          personal: typeof personal;
        }; // as it was written
        expect(canonicalJson(joinPersonal(read.facts, read.personal))).toBe(canonicalJson(given));
      }),
    );
  });

  it('leaves facts from which nothing more is to be taken, and an event that is as it was', () => {
    fc.assert(
      fc.property(event, (given) => {
        const before = canonicalJson(given);
        const { facts } = splitPersonal(given, rules);
        expect(splitPersonal(facts, rules)).toEqual({ facts });
        expect(canonicalJson(given)).toBe(before);
      }),
    );
  });

  it('holds what stands under a personal name at any depth, and no fact does', () => {
    const secret = 'ada@example.com';
    fc.assert(
      fc.property(fields, fc.nat(3), (around, depth) => {
        let buried: JsonValue = { ...around, email: [secret, { deep: secret }] };
        for (let level = 0; level < depth; level++) buried = level % 2 === 0 ? [buried] : { inner: buried };
        const { facts } = splitPersonal(
          sampleEvent({
            details: { buried },
            metadata: { buried },
            changes: {
              before: buried,
              after: { buried },
              diff: [{ path: '/customer/email', from: secret, to: secret }],
            },
          }),
          rules,
        );
        expect([...textsOf(facts)].filter((text) => text.includes(secret))).toEqual([]);
      }),
    );
  });

  it('is where each value stood, as JSON Pointers', () => {
    const given = sampleEvent({
      details: { email: 'a@example.com', attempts: 3, contacts: [{ phone: '1', note: 'n' }], 'a/b': { username: 'u' } },
      metadata: { ipAddress: '::1' },
      changes: {
        before: { name: 'Ada', status: 'new' },
        diff: [
          { path: '/name', from: 'Ada', to: 'Bea' },
          { path: '/status', from: 'new', to: 'paid' },
          { path: '', to: { email: 'b@example.com' } },
        ],
      },
    });
    const { facts, personal } = splitPersonal(given, catalogueFactRules({ factFields: ['status'] }));
    expect(personal).toEqual({
      '/actor/name': 'Ada',
      '/request/ip': '203.0.113.7',
      '/request/userAgent': 'jest',
      '/error/message': 'it broke',
      '/request/id': 'r-1',
      '/reason': 'because',
      '/details/email': 'a@example.com',
      '/details/contacts/0/phone': '1',
      '/details/contacts/0/note': 'n',
      '/details/a~1b': { username: 'u' },
      '/metadata/ipAddress': '::1',
      '/changes/before/name': 'Ada',
      '/changes/diff/0/from': 'Ada',
      '/changes/diff/0/to': 'Bea',
      '/changes/diff/2/to/email': 'b@example.com',
    });
    expect(facts).toMatchObject({
      actor: { type: 'user', id: 'u-1', sessionId: 's-1' },
      error: { name: 'Error', code: 'E1' },
      details: { attempts: 3, contacts: [{}] },
      changes: { diff: [{ path: '/name' }, { path: '/status', from: 'new', to: 'paid' }, { path: '', to: {} }] },
    });
  });

  it('of a request that says nothing else takes the request with it', () => {
    const given = sampleEvent({ request: { ip: '::1' } });
    const { facts, personal } = splitPersonal(given, rules);
    expect(facts).not.toHaveProperty('request');
    expect(joinPersonal(facts, personal)).toEqual(given);
  });

  it('is absent where nothing is personal', () => {
    const rest = withoutRequest(
      sampleEvent({
        actor: { type: 'system' },
        reason: 'timeout',
        details: {},
        metadata: {},
        error: { name: 'Error' },
      }),
    );
    expect(splitPersonal(rest, catalogueFactRules())).toEqual({ facts: rest });
  });

  it.each([
    ['actor/name', 'x'],
    ['', 'x'],
    ['/actor', 'x'],
    ['/actor/type', 'admin'],
    ['/details/missing/email', 'x'],
    ['/details/nested/list/0', 'x'],
    ['/details/nested/list/9', 'x'],
    ['/details/text/0', 'x'],
  ])('does not fit with a value at %j', (at, value) => {
    const { facts } = splitPersonal(sampleEvent(), rules);
    expect(() => joinPersonal(facts, { [at]: value })).toThrow(PersonalPartError);
  });
});

describe('a sealed event', () => {
  const salt = Buffer.alloc(16, 7);

  it('has the salted hash of its personal part in that part’s place', () => {
    const { facts, personal = {} } = splitPersonal(sampleEvent(), rules);
    const expected = createHash('sha256')
      .update(Buffer.concat([salt, Buffer.from(canonicalJson(personal))]))
      .digest('base64');
    expect(sealEvent(facts, personal, salt)).toEqual({ ...facts, personal: expected });
  });

  it('is the same when the personal part and the salt are gone, and only the commitment is left', () => {
    const { facts, personal = {} } = splitPersonal(sampleEvent(), rules);
    const sealed = sealEvent(facts, personal, salt);
    expect(encodeEntry(sealFacts(facts, sealed.personal))).toEqual(encodeEntry(sealed));
  });

  it('is another with another salt, and with another personal part', () => {
    const { facts, personal = {} } = splitPersonal(sampleEvent(), rules);
    const all = [
      sealEvent(facts, personal, salt),
      sealEvent(facts, personal, makeSalt()),
      sealEvent(facts, { ...personal, '/actor/name': 'Bea' }, salt),
    ];
    expect(new Set(all.map(({ personal: commitment }) => commitment)).size).toBe(3);
  });

  it('of an event without a personal part is its facts', () => {
    const facts = { ...sampleEvent(), actor: { type: 'system' } } as const;
    expect(sealEvent(facts, undefined, salt)).toEqual(facts);
  });

  it('is refused with a salt of another length', () => {
    for (const length of [0, 15, 17]) {
      expect(() => commitPersonal({}, new Uint8Array(length))).toThrow(InvalidSaltError);
    }
  });

  it('has an entry of at most 65,535 bytes', () => {
    const empty = encodeEntry(sampleEvent({ metadata: { text: '' } })).length;
    const longest = sampleEvent({ metadata: { text: 'x'.repeat(65_535 - empty) } });
    expect(encodeEntry(longest)).toHaveLength(65_535);
    expect(() => encodeEntry({ ...longest, reason: 'because of' })).toThrow(EntryTooLargeError);
  });
});
