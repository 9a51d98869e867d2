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

  it.each(['details.a>', 'details.a>5', 'details.a<>5', 'details.a!', 'details.a~', 'details.a[0].b', 'details.a[]'])(
    'are refused where a sign compares: %s',
    (name) => {
      const read = (): unknown => readParameters({ [name]: '5', 'metadata.b!': 'c' });
      expect(read).toThrow(`${name} is not a filter: write details.a=…, details.a[ne]=…, details.a[gte]=…`);
      expect(read).toThrow('metadata.b! is not a filter');
    },
  );
});
