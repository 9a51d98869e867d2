import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from './parse-json.js';

/** The cases of JSONTestSuite that a parser must take (y) and must refuse (n), each with an escaped key before it where it can be. */
const TAKEN: readonly string[] = [
  '[[]   ]', '[""]', '[]', '["a"]', '[false]', '[null, 1, "1", {}]', '[null]', '[1\n]', ' [1]', '[1,null,null,null,2]', '[2] ',
  '[123e65]', '[0e+1]', '[0e1]', '[ 4]', '[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]', '[20e1]', '[-0]', '[-123]', '[-1]', '[1E22]', '[1E-2]', '[1E+2]', '[123e45]', '[123.456e78]', '[1e-2]', '[1e+2]', '[123]', '[123.456789]',
  '{"asd":"sdf", "dfg":"fgh"}', '{"asd":"sdf"}', '{"a":"b","a":"c"}', '{"a":"b","a":"b"}', '{}', '{"":0}', '{"foo\\u0000bar": 42}', '{ "min": -1.0e+28, "max": 1.0e+28 }', '{"a":[]}', '{"title":"\\u041f\\u043e"}', '{\n"a": "b"\n}',
  '["\\u0060\\u012a\\u12AB"]', '["\\uD801\\udc37"]', '["\\ud83d\\ude39\\ud83d\\udc8d"]', '["\\"\\\\\\/\\b\\f\\n\\r\\t"]', '["\\\\u0000"]', '["\\""]', '["a/*b*/c/*d//e"]', '["\\\\a"]', '["\\\\n"]', '["\\u0012"]', '["\\uFFFF"]', '["asd"]', '[ "asd"]', '["\\uDBFF\\uDFFF"]', '["new\\u00A0line"]', '["\u{10ffff}"]', '["\uffff"]', '["\\u0000"]', '["\\u002c"]', '["\u03c0"]', '["\u{1bfff}"]', '["asd "]', '" "', '["\\uD834\\uDd1e"]', '["\\u0821"]', '["\\u0123"]', '["\u2028"]', '["\u2029"]', '["\\u0061\\u30af\\u30EA\\u30b9"]', '["new\\u000Aline"]', '["\u007f"]', '["\\uA66D"]', '["\\u005C"]', '["\u2342\u3234\u2342"]', '["\\u200B"]', '["\\u2064"]', '["\\uFDD0"]', '["\\uFFFE"]', '["\\u0022"]', '["\u20ac"]', '["a\u007fa"]',
  'false', '42', '-0.1', 'null', '"asd"', 'true', '""', '["a"]\n', '[true]', ' [] ',
]; // prettier-ignore
const REFUSED: readonly string[] = [
  '[1 true]', '["": 1]', '[""],', '[,1]', '[1,,2]', '["x",,]', '["x"]]', '["",]', '["x"', '[x', '[3[4]]', '[1:2]', '[,', '[-]', '[   , ""]', '["a",\n4\n,1,', '[1,]', '[1,,]', '["\u000ba"\\f]', '[*]', '[""', '[1,', '[1,\n1\n,1', '[{}', '[fals]', '[nul]', '[tru]', '123\u0000', '[++1234]', '[+1]', '[+Inf]', '[-01]', '[-1.0.]', '[-2.]', '[-NaN]', '[.-1]', '[.2e-3]', '[0.1.2]', '[0.3e+]', '[0.3e]', '[0.e1]', '[0E+]', '[0E]', '[0e+]', '[0e]', '[1.0e+]', '[1.0e-]', '[1.0e]', '[1 000.0]', '[1eE2]', '[2.e+3]', '[2.e-3]', '[2.e3]', '[9.e+]', '[Inf]', '[NaN]', '[\uff11]', '[1+2]', '[0x1]', '[0x42]', '[Infinity]', '[0e+-1]', '[-123.123foo]', '[-Infinity]', '[-foo]', '[- 1]', '[-012]', '[-.123]', '[-1x]', '[1ea]', '[1.]', '[.123]', '[1.2a-3]', '[1.8011670033376514H-308]', '[012]',
  '["x", truth]', '{[: "x"}\n', '{"x", null}', '{"x"::"b"}', '{"a":"a" 123}', '{key: \'value\'}', '{"a" b}', '{:"b"}', '{"a" "b"}', '{"a":', '{"a"', '{1:1}', '{9999E9999:1}', '{null:null,null:null}', '{"id":0,,,,,}', '{\'a\':0}', '{"id":0,}', '{"a":"b"}/**/', '{"a":"b"}#', '{"a":"b",,"c":"d"}', '{a: "b"}', '{"a":"a', '{ "foo" : "bar", "a" }', '{"a":"b"}#{}', ' ', '["\\uD800\\u"]', '["\\uD800\\u1"]', '["\\uD800\\u1x"]', '[\u00e9]', '["\\\u0000"]', '["\\x00"]', '["\\\\\\"]', '["\\\t"]', '["\\\u{1f300}"]', '["\\"]', '["\\u00A"]', '["\\uD834\\uDd"]', '["\\uD800\\uD800\\x"]', '["\\a"]', '["\\uqqqq"]', '[\\u0020"asd"]', '[\\n]', '"', '[\'single quote\']', 'abc', '["\\', '["a\u0000a"]', '["new\nline"]', '["\t"]', '"\\UA66D"', '""x', '<.>', '[<null>]', '[1]x', '[1]]', '["asd]', 'aA', '[True]', '1]', '{"x": true,', '[][]', ']', '{}}', '{"":', '[', '', '{"a":/*comment*/"b"}', '{"a": true} "x"', '[\',\']', '[,', '[{', '["a', '{', '{]', '{,', '{[', '{"a', '{\'a\'', '["\\{["\\{["\\{["\\{', '\u00e9', '*', '{"a":"b"}#{}', '[\\u000A""]', '[1', '[ false, nul', '[ true, fals', '[ false, tru', '{"asd":"asd"', '\u2060', '[\u000c]', '\ufeff',
]; // prettier-ignore

/** Forces the exact reader: the text as a member beside one with an escaped key. */
const beside = (text: string): string => `{"\\\\":0,"text":${text}}`;

/** As a sound `JSON.parse` reads a text: it is asked for pieces that hold no key. */
function soundly(text: string): unknown {
  return JSON.parse(text);
}

describe('a JSON text', () => {
  it('is read as JSONTestSuite wants it, natively and exactly', () => {
    for (const text of TAKEN) {
      expect(parseJson(text)).toEqual(soundly(text));
      expect(parseJson(beside(text))).toEqual({ '\\': 0, text: soundly(text) });
    }
    expect(TAKEN.length).toBeGreaterThan(90);
  });

  it('is refused as JSONTestSuite wants it, natively and exactly', () => {
    for (const text of REFUSED) {
      expect(() => parseJson(text)).toThrow(SyntaxError);
      expect(() => parseJson(beside(text))).toThrow(SyntaxError);
    }
    expect(REFUSED.length).toBeGreaterThan(150);
  });

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
        expect(JSON.stringify(parseJson(beside(text)))).toBe(JSON.stringify({ '\\': 0, text: any }));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is read or refused as Node 20 does, however it is broken', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"\\""',
      '"a"',
      '"\\u0062"',
      '1',
      '-',
      '.5',
      'e3',
      'null',
      ' ',
      '\\',
      '"',
    );
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
      { numRuns: 5_000, examples: [['{"\\"":1}'], ['{"\\u0062":[{"a":-1}]}']] },
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
