import { describe, expect, it } from '@jest/globals';
import { parseJsonObject } from './parse-json-object.js';

describe('a JSON object that is to be proven', () => {
  it('is read, whatever its names and its spaces are', () => {
    const text = '{ "a" : [{"b":1},{"b":2}], "c:": "\\"a\\": {", "__proto__": {"a": null} }';
    expect(JSON.stringify(parseJsonObject(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each([
    ['{"outcome":"success","a":{},"outcome":"failure"}', 'a duplicate name'],
    ['{"a":[{"b":{"x":1,"\\u0078" : 2}}]}', 'a duplicate name'],
    ['null', 'it is not a JSON object'],
    ['[{}]', 'it is not a JSON object'],
    ['', 'it is not JSON ('],
  ])('is refused as %s, with what was seen', (text, seen) => {
    expect(parseJsonObject(text)).toContain(seen);
  });
});
