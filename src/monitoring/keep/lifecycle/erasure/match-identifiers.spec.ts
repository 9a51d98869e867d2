import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identifierTest, needlesOf } from './match-identifiers.js';

const isAda = identifierTest(['ada@example.com', '203.0.113.7', 'Ådá']);

describe('identifierTest', () => {
  it.each([
    'ada@example.com',
    'Ada@EXAMPLE.com',
    'Key (email)=(ada@example.com) already exists.',
    'mailto:ada@example.com, twice',
    'It is ada@example.com.',
    'a line\nada@example.com\n',
    '203.0.113.7:443',
    'ÅDÁ was here',
    'A\u030Ada\u0301',
  ])('finds an identifier in %j, as a value, as a name, and at any depth', (text) => {
    expect(isAda(text)).toBe(true);
    expect(isAda({ list: [null, 1, { deep: text }] })).toBe(true);
    expect(isAda({ [text]: true })).toBe(true);
  });

  it.each([
    'lada@example.com',
    'x.ada@example.com',
    'ada@example.com.au',
    'ada@example.community',
    'ada@example_com',
    '203.0.113.71',
    '1203.0.113.7',
    '203.0.113.7.9',
    'Ådán',
    '',
  ])('finds none in %j', (text) => {
    expect(isAda({ text, none: null })).toBe(false);
  });

  it('finds every identifier itself, whatever its characters', () => {
    expect(identifierTest(['mary-ann@my-shop.example'])('mary-ann@my-shop.example')).toBe(true);
    const identifier = fc.string({ minLength: 3, maxLength: 12, unit: 'grapheme' });
    fc.assert(fc.property(identifier, (text) => expect(identifierTest([text])({ text: ` ${text} ` })).toBe(true)));
  });
});

it('needlesOf returns a text that the JSON contains whenever the test finds an identifier', () => {
  const identifier = fc.string({ minLength: 3, maxLength: 12, unit: 'grapheme' });
  fc.assert(
    fc.property(identifier, fc.constantFrom('NFC', 'NFD'), (text, form) => {
      const spelled = text.normalize(form);
      const json = JSON.stringify({ text: ` ${spelled} ` })
        .normalize('NFC')
        .toLowerCase();
      expect(needlesOf([text]).some((needle) => json.includes(needle.toLowerCase()))).toBe(true);
    }),
  );
});
