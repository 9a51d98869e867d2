import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from './audit-event.js';
import { isSameJson } from './same-json.js';

const parse = (text: string): JsonValue => JSON.parse(text) as JsonValue; // JSON has no other values

describe('isSameJson', () => {
  it('finds what has the same text to be the same, and nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (one, other) => {
        const [text, otherText] = [JSON.stringify(one), JSON.stringify(other)];
        expect(isSameJson(parse(text), parse(text))).toBe(true);
        expect(isSameJson(parse(text), parse(otherText))).toBe(
          JSON.stringify(parse(text)) === JSON.stringify(parse(otherText)),
        );
      }),
    );
  });

  it.each([
    ['another order of fields', '{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['a list and an object', '["a"]', '{"0":"a"}'],
    ['an empty list and an empty object', '[]', '{}'],
    ['a field more', '{"a":1}', '{"a":1,"b":null}'],
    ['null and an object', 'null', '{}'],
    ['a name that every object has', '{"__proto__":1}', '{"__proto__":2}'],
  ])('tells %s apart', (_what, one, other) => {
    expect(isSameJson(parse(one), parse(other))).toBe(false);
  });

  it('takes what is too deep to be different', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    expect(isSameJson(parse(deep), parse(deep))).toBe(false);
  });
});
