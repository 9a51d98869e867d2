import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from './parse-json.js';
import { runs } from '../../../test/support/whole.js';

/** A member with an escaped key forces the exact reader. */
const wrapped = (text: string): string => `{"\\\\":0,"text":${text}}`;

/** Reads a text like a correct `JSON.parse`: it only parses pieces without a key. */
function soundly(text: string): unknown {
  return JSON.parse(text);
}

// JSONTestSuite is in test/vectors/json-test-suite.
describe('a JSON text', () => {
  it('keeps keys apart that differ by their escapes, read after each other', () => {
    expect(parseJson('{"!":1,"\\\\":1}')).toEqual({ '!': 1, '\\': 1 });
    expect(Object.keys(parseJson('{"!":1,"\\"":1}') as object)).toEqual(['!', '"']);
    expect(Object.keys(parseJson('{"\\u0021":1,"a\\nb":{"c\\td":[{"\\"":2}]}}') as object)).toEqual(['!', 'a\nb']);
  });

  it('has __proto__ as a key like any other, and the last of several keys', () => {
    const value = parseJson('{"\\u005f_proto__":{"a":1},"\\"":1,"\\"":2}') as Readonly<Record<string, unknown>>;

    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__', '"']);
    expect(value['"']).toBe(2);
  });

  it('may be as deep as it likes', () => {
    const depth = 100_000;
    const text = `${'{"\\"":['.repeat(depth)}${']}'.repeat(depth)}`;

    expect(() => parseJson(text)).not.toThrow();
  });

  it('comes back as it was written, whatever its keys and values are', () => {
    const strange = fc.string({
      unit: fc.constantFrom('"', '\\', '!', '\n', '\u0000', ':', '{', 'u0021', 'é', '\ud800', '__proto__'),
    });
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(strange, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.integer()),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.array(fc.tuple(strange, tie('any')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
      ),
    })).any; // prettier-ignore
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (any, indent) => {
        const text = JSON.stringify(any, undefined, indent);
        expect(JSON.stringify(parseJson(text), undefined, indent)).toBe(text);
        expect(JSON.stringify(parseJson(wrapped(text)))).toBe(JSON.stringify({ '\\': 0, text: any }));
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('is read or refused as Node 20 does, however it is broken', () => {
    const pieces = fc.constantFrom(...String.raw`{ } [ ] , : "\"" "a" "\u0062" 1 - .5 e3 null \ "`.split(' '), ' ');
    const isSound = Number(process.versions.node.split('.')[0]) < 24;
    let taken = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }).map((parts) => parts.join('')), (text) => {
        const native = attempt(() => soundly(text));
        const exact = attempt(() => parseJson(text));
        expect(exact.failed).toBe(native.failed);
        if (isSound) expect(JSON.stringify(exact.value)).toBe(JSON.stringify(native.value));
        if (!exact.failed) taken++;
      }),
      { numRuns: runs(5_000), examples: [['{"\\"":1}'], ['{"\\u0062":[{"a":-1}]}']] },
    ); // prettier-ignore
    expect(taken).toBeGreaterThan(5);
  });
});

function attempt(read: () => unknown): { readonly failed: boolean; readonly value?: unknown } {
  try {
    return { failed: false, value: read() };
  } catch {
    return { failed: true };
  }
}
