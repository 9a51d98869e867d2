import { describe, expect, it } from '@jest/globals';
import { readParameters } from './read-parameters.js';

describe('the parameters of a URL', () => {
  it.each<[object, object]>([
    [
      { type: 'a', limit: '5', unknown: 'x' },
      { type: 'a', limit: '5', unknown: 'x' },
    ],
    [{ 'details.a.b': '1', 'details.c': ['1', '2'] }, { details: { 'a.b': '1', c: ['1', '2'] } }],
    [{ 'details.a[gte]': '1', 'details.a[lt]': '5' }, { details: { a: { gte: ['1'], lt: ['5'] } } }],
    [{ 'type[ne]': ['a', 'b'], type: 'c*' }, { type: { ne: ['a', 'b'], is: ['c*'] } }],
    [{ type: 'c*', 'type[ne]': 'a' }, { type: { is: ['c*'], ne: ['a'] } }],
    [{ 'details.a': { gte: '1' } }, { details: { a: { gte: '1' } } }],
    [{ 'details.a[eq]': '>=5' }, { details: { a: { eq: ['>=5'] } } }],
    [{ 'details.gte': 'a' }, { details: { gte: 'a' } }],
    [{ 'actorId[is]': 'a', actorId: 'b' }, { actorId: { is: ['a', 'b'] } }],
    [{ 'details.!': '1' }, { details: { '!': '1' } }],
    [{ 'details.to.lt': 'Vilnius' }, { details: { 'to.lt': 'Vilnius' } }],
    [
      { q: '>5 is', changed: '/a' },
      { q: '>5 is', changed: '/a' },
    ],
    [
      { route: '/a/:id', from: '2026-01-01T00:00:00+02:00' },
      { route: '/a/:id', from: '2026-01-01T00:00:00+02:00' },
    ],
    [{ details: 'x', 'details.a': 'y' }, { details: 'x' }],
  ])('are read: %j', (parameters, query) => {
    expect(readParameters(parameters)).toEqual(query);
  });

  it('may have the names that every object has', () => {
    const read = readParameters({ ['__proto__']: '1', 'details.__proto__[ne]': '2', 'details.constructor': '3' });
    expect(Object.keys(read)).toEqual(['__proto__', 'details']);
    expect(Object.entries(read.details as object)).toEqual([
      ['__proto__', { ne: ['2'] }],
      ['constructor', '3'],
    ]);
  });

  it.each<[object, string]>([
    [{ 'details.a>': '5' }, 'details.a>=5 is not a filter: write details.a[gte]=5'],
    [{ 'details.a>5': '' }, 'details.a>5 is not a filter: write details.a[gt]=5'],
    [{ 'details.a> ': '5' }, 'write details.a[gt]=5'],
    [{ 'details.a<>5': '' }, 'write details.a[ne]=5'],
    [{ 'details.a~': 'x' }, 'write details.a[eq]=x'],
    [{ 'details.a': ['1', '<=5'] }, 'details.a=<=5 is not a filter: write details.a[lte]=5'],
    [{ 'actorId>': 'a' }, 'write actorId[eq]=a'],
    [{ actorId__in: 'a' }, 'actorId__in=a is not a filter: write actorId=a'],
    [{ 'outcome:not': 'success' }, 'write outcome[ne]=success'],
    [{ 'statusCode.gte': '500' }, 'write statusCode[gte]=500'],
    [{ 'details[amount][gte]': '5' }, 'details[amount][gte] is not a filter: write details.amount[gte]=…'],
    [{ 'details[payment][method]': 'card' }, 'write details.payment.method=…'],
    [{ 'tenantId[]': 'a' }, 'tenantId[] is not a filter: for several values, write tenantId=…&tenantId=…'],
    [{ 'q[ne]': 'a' }, 'q[ne] is not a filter: q has no comparisons; write q=…'],
    [{ 'to<': '2026-01-01' }, 'to< is not a filter: write from=… (inclusive) and to=… (exclusive)'],
    [{ to: '2026-01-01 08:00 02:00' }, 'write %2B02:00'],
    [{ 'details.at[lt]': '2026-01-01T08:00:00.5 02:00' }, 'write %2B02:00'],
  ])('are refused with the right form: %j', (parameters, said) => {
    expect(() => readParameters(parameters)).toThrow(said);
  });

  it('are refused all at once', () => {
    const read = (): unknown => readParameters({ 'details.a>': '5', 'actorId!': 'a', type: 'b' });
    expect(read).toThrow('write details.a[gte]=5; actorId!=a is not a filter: write actorId[ne]=a');
  });
});
