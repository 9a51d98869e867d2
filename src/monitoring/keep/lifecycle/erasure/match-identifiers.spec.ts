import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createIdentifierTest, listSearchTerms } from './match-identifiers.js';

const isAda = createIdentifierTest(['ada@example.com', '203.0.113.7', 'Ådá']);

describe('createIdentifierTest', () => {
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

  it.each([
    ['李明', '由李明提交', '行李明天到'],
    ['李明', '订单:李明，北京', '由李明明提交'],
    ['สมชาย', 'ผู้ใช้สมชายเข้าสู่ระบบ', 'สมชายา'],
    ['明明', '李明明明', '明明白白'],
    ['ada@example.com', 'ada@example.comです', 'ada@example.communityです'],
    ['김민수', '김민수: ok', '김민수진'],
    ['@ada', 'by @ada', 'x@ada'],
    ['Ada', 'A\u00adda\u200b', 'Ada\u0323'],
  ])('finds %j in %j, and not in %j', (identifier, text, other) => {
    expect([text, other].map(createIdentifierTest([identifier]))).toEqual([true, false]);
  });

  it('finds every identifier itself, whatever its characters', () => {
    expect(createIdentifierTest(['mary-ann@my-shop.example'])('mary-ann@my-shop.example')).toBe(true);
    const identifier = fc.string({ minLength: 3, maxLength: 12, unit: 'grapheme' });
    fc.assert(
      fc.property(identifier, (text) => expect(createIdentifierTest([text])({ text: ` ${text} ` })).toBe(true)),
    );
  });
});

it('listSearchTerms returns a text that the JSON contains whenever the test finds an identifier in ASCII', () => {
  const identifier = fc.string({ minLength: 3, maxLength: 12, unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(identifier, (text) => {
      const json = JSON.stringify({ text: ` ${text.replaceAll(' ', ' \n')} ` }).toLowerCase();
      expect(listSearchTerms([text]).some((needle) => json.includes(needle))).toBe(true);
    }),
  );
});
