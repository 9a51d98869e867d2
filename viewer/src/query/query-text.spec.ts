import { describe, expect, it } from '@jest/globals';
import { filtersOf } from './filters-of.js';
import { parseQuery } from './parse-query.js';
import { stateOfValue, termText, textOfFilters, withoutValue, withTimes, withValue } from './query-text.js';

describe('a click on a count', () => {
  it('narrows to its value, and replaces what was narrowed to before', () => {
    expect(withValue('card since:-7d', 'type', 'a', false)).toBe('card since:-7d type:a');
    expect(withValue('type:a card', 'type', 'b', false)).toBe('card type:b');
    expect(withValue('-type:b', 'type', 'b', false)).toBe('type:b');
  });

  it('excludes a value beside others', () => {
    expect(withValue('-type:a', 'type', 'b', true)).toBe('-type:a -type:b');
    expect(withValue('type:a', 'type', 'a', true)).toBe('-type:a');
  });

  it('knows what is narrowed to, and takes it back', () => {
    const text = 'type:a -ip:"::1" -actor:*';
    expect([
      stateOfValue(text, 'type', 'a'),
      stateOfValue(text, 'ip', '::1'),
      stateOfValue(text, 'actor', null),
    ]).toEqual(['only', undefined, 'only']);
    expect(withoutValue(text, 'type', 'a')).toBe('-ip:"::1" -actor:*');
    expect(termText('actor', null)).toBe('-actor:*');
    expect(termText('type', 'a*', true)).toBe('-type:"a*"');
  });
});

describe('withTimes', () => {
  it('replaces the range of time', () => {
    expect(withTimes('a since:-7d b', '-1h', undefined)).toBe('a b since:-1h');
    expect(withTimes('a', '2026-11-01T00:00:00Z', '2026-11-02')).toBe('a from:2026-11-01T00:00:00Z to:2026-11-02');
    expect(withTimes('a from:2026-11-01 to:2026-11-02', undefined, undefined)).toBe('a');
  });
});

describe('textOfFilters', () => {
  it('reads what another program saved', () => {
    const query =
      'actorId=u-1&outcome[ne]=success&details.amount[gte]=5&from=-7d&q=card declined&ip[exists]=false&details.n[eq]=a*';
    const pairs = query.split('&').map((pair) => pair.split('=') as [string, string]);
    const text = textOfFilters(pairs);
    expect(text).toBe('actor:u-1 -outcome:success details.amount:>=5 since:-7d card declined -ip:* details.n:"a*"');
    expect(new Set(filtersOf(parseQuery(text).terms).map(String))).toEqual(new Set(pairs.map(String)));
  });
});
