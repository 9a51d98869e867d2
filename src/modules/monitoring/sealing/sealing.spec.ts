import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { catalogueFactRules, personalNameTest, type JsonValue } from '../../../audit/plain.js';
import { joinPersonal } from './personal-part.js';
import { PersonalPartError } from './sealing.error.js';
import { splitPersonal } from '../../../../test/support/split-event.js';

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
