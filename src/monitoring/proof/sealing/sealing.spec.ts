import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { buildCatalogueFactRules, createPersonalNameTest, type JsonValue } from '../../../audit/nest-free.js';
import { joinPersonal } from './personal-part.js';
import { splitPersonal } from '../../../../test/support/split-event.js';

const rules = buildCatalogueFactRules({
  isPersonalName: createPersonalNameTest(['~odd/name', '__proto__', 'to', '0']),
  factFields: ['status', 'c~d'],
});

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

function* listTexts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, field] of Object.entries(value)) {
    yield key;
    yield* listTexts(field);
  }
}

describe('the personal part', () => {
  it('contains every value under a personal name at any depth, and the facts contain none', () => {
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
        expect([...listTexts(facts)].filter((text) => text.includes(secret))).toEqual([]);
      }),
    );
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
    expect(() => joinPersonal(facts, { [at]: value })).toThrow(
      expect.objectContaining({ code: 'AUDIT_PERSONAL_PART_INVALID' }),
    );
  });
});
