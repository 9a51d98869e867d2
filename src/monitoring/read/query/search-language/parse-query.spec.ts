import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toFilters } from './to-filters.js';
import { parseQuery } from './parse-query.js';
import { QUALIFIERS } from './qualifiers.js';
import { quote } from './query-text.js';

const filters = (text: string) => {
  const { terms, problems } = parseQuery(text);
  expect(problems).toEqual([]);
  return toFilters(terms).map((pair) => pair.join('='));
};
const problems = (text: string) =>
  parseQuery(text).problems.map(({ code, start, end, nearest }) => [code, text.slice(start, end), nearest]);

describe('a query', () => {
  it('becomes the filters of the HTTP API', () => {
    expect(filters('actor:ada type:order_* outcome:denied details.amount:>1000 since:-7d')).toEqual([
      'actorId=ada',
      'type=order_*',
      'outcome=denied',
      'details.amount[gt]=1000',
      'from=-7d',
    ]);
  });

  it('excludes with a minus, and matches any of several values', () => {
    expect(filters('-ip:10.0.0.0/8 outcome:denied,failure -type:user_login_*,a')).toEqual([
      'ip[ne]=10.0.0.0/8',
      'outcome=denied',
      'outcome=failure',
      'type[ne]=user_login_*',
      'type[ne]=a',
    ]);
  });

  it('compares numbers and times, and accepts ranges', () => {
    expect(filters('details.amount:10..20.5 status:>=500 metadata.dueAt:<2026-11-01')).toEqual([
      'details.amount[gte]=10',
      'details.amount[lte]=20.5',
      'statusCode[gte]=500',
      'metadata.dueAt[lt]=2026-11-01',
    ]);
  });

  it('finds an id that was copied from a sentence, with the sign of what it leaves out', () => {
    expect(filters('order (…0dea2e) …0dea2e')).toEqual(['q=order 0dea2e 0dea2e']);
  });

  it('accepts a day, and how long ago', () => {
    expect(filters('on:2026-11-30')).toEqual(['from=2026-11-30', 'to=2026-11-30']);
    expect(filters('since:3d until:yesterday')).toEqual(['from=3d', 'to=yesterday']);
  });

  it('accepts the names of the HTTP API, and preserves the case of a path', () => {
    expect(filters('ACTORID:u-1 details.roleName:x session:2001:db8::1')).toEqual([
      'actorId=u-1',
      'details.roleName=x',
      'sessionId=2001:db8::1',
    ]);
  });

  it.each([
    ['outcom:denied', 'unknownName', 'outcom', 'outcome'],
    ['a outcome:deneid', 'unknownWord', 'deneid', 'denied'],
    ['type:', 'missingValue', 'type:', undefined],
    ['type:a,,b', 'missingValue', ',', undefined],
    ['actor:"ada', 'openQuote', '"ada', undefined],
    ['-card', 'negatedWord', '-card', undefined],
    ['since:lately', 'invalidTime', 'lately', undefined],
    ['-since:-7d', 'negatedTime', '-since:-7d', undefined],
    ['since:-7d from:-1d', 'severalTimes', 'from:-1d', undefined],
    ['from:2026-11-02 to:2026-11-01', 'emptyRange', 'to:2026-11-01', undefined],
    ['from:2026-13-40', 'invalidTime', '2026-13-40', undefined],
    ['from:31.13.2020', 'invalidTime', '31.13.2020', undefined],
    ['from:5.1.2020', 'invalidTime', '5.1.2020', '2020-01-05'],
    ['on:27-nov-2020', 'invalidTime', '27-nov-2020', '2020-11-27'],
    ['ip:home', 'invalidIp', 'home', undefined],
    ['status:600', 'invalidStatus', '600', undefined],
    ['details.amount:>lots', 'notANumber', 'lots', undefined],
    ['-details.amount:>5', 'negatedRange', '-details.amount:>5', undefined],
    ['changed:status', 'invalidPointer', 'status', '/status'],
    ['-resource:order/17', 'negatedRecord', 'order/17', undefined],
    ['resource:order/17 resource:product', 'severalRecords', 'product', undefined],
    ['on:7d', 'invalidDay', '7d', undefined],
    ['on:today until:now', 'severalTimes', 'until:now', undefined],
    ['before 04:00', 'timeInWords', 'before 04:00', undefined],
    ['since yesterday', 'timeInWords', 'since yesterday', 'since:yesterday'],
    ['a until 2026-11-20', 'timeInWords', 'until 2026-11-20', 'until:2026-11-20'],
    ['Today', 'timeInWords', 'Today', 'on:today'],
    ['a in the last 90 minutes', 'timeInWords', 'in the last 90 minutes', 'since:90m'],
    ['this month', 'timeInWords', 'this month', 'since:30d'],
    ['3 days ago', 'timeInWords', '3 days ago', 'since:3d'],
    ['between 2026-11-01 and today', 'timeInWords', 'between 2026-11-01 and today', 'since:2026-11-01 until:today'],
    ['a last night', 'timeInWords', 'last night', undefined],
    ['a in 2026-11', 'timeInWords', 'in 2026-11', 'since:2026-11-01 until:2026-11-30'],
    ['a until', 'timeInWords', 'until', undefined],
    ['What did ada', 'question', 'What did', ''],
    ['who looked at the data of ada', 'question', 'who looked at the data of', 'category:audit_access'],
    ['a on 27 Nov 2020', 'timeInWords', 'on 27 Nov 2020', 'on:2020-11-27'],
    ['November 1st, 2020', 'timeInWords', 'November 1st, 2020', 'on:2020-11-01'],
    ['since 27. November 2020', 'timeInWords', 'since 27. November 2020', 'since:2020-11-27'],
    ['2020-11-27 to 2020-11-28', 'timeInWords', '2020-11-27 to 2020-11-28', 'since:2020-11-27 until:2020-11-28'],
    ['a November 2020', 'timeInWords', 'November 2020', 'since:2020-11-01 until:2020-11-30'],
    ['in February 2024', 'timeInWords', 'in February 2024', 'since:2024-02-01 until:2024-02-29'],
    ['-User=ada', 'equalsSign', '-User=ada', '-User:ada'],
  ])('%s: reports the problem, its position, and a suggestion', (text, code, where, meant) => {
    expect(problems(text)).toEqual([[code, where, meant]]);
  });

  it('offers the latest day of a weekday or of a date without a year', () => {
    const [{ nearest: tuesday = '' } = {}] = parseQuery('ada last Tuesday').problems;
    const [{ nearest: date = '' } = {}] = parseQuery('ada 27 Nov').problems;
    const daysAgo = (day: string) => (Date.now() - Date.parse(day.replace('on:', ''))) / 86_400_000;
    expect(new Date(tuesday.replace('on:', '')).getUTCDay()).toBe(2);
    expect([daysAgo(tuesday) >= 1, daysAgo(tuesday) < 8.1]).toEqual([true, true]);
    expect(date).toMatch(/^on:20\d\d-11-27$/);
    expect([daysAgo(date) >= 0, daysAgo(date) < 367]).toEqual([true, true]);
  });

  it.each([
    'from:2026-11-01 to:2026-11-01',
    'order?',
    '"yesterday"',
    'status analysis',
    'may',
    'the last order',
    'a=b',
    'type:until',
    '3d printer',
    'whole',
    '12:345',
  ])('%s: has no problem', (text) => expect(problems(text)).toEqual([]));

  it('is parsed without an exception, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('ab:-",.*></ \\é')) }), (text) => {
        const { terms, problems } = parseQuery(text);
        for (const { start, end } of [...terms, ...problems])
          expect(0 <= start && start <= end && end <= text.length).toBe(true);
      }),
    );
  });
});

it('quote makes one value of any text', () => {
  const names = QUALIFIERS.filter(({ kind }) => kind === 'text').map(({ name }) => name);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string({ minLength: 1, unit: 'grapheme' }), (name, value) => {
      const { terms, problems } = parseQuery(`${name}:${quote(value)}`);
      expect([problems, terms.length]).toEqual([[], 1]);
      expect(toFilters(terms)[0]?.[1]).toBe(value);
    }),
  );
});
