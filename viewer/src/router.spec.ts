import { describe, expect, it } from '@jest/globals';
import { hrefOf, parseRoute } from './router.js';

describe('parseRoute', () => {
  it('reads page, segments and parameters', () => {
    const { page, segments, params } = parseRoute('#/record/order/a%2Fb?at=2026-11-01&q=x+y');
    expect([page, segments, params.get('at'), params.get('q')]).toEqual([
      'record',
      ['order', 'a/b'],
      '2026-11-01',
      'x y',
    ]);
  });

  it('takes an empty hash as the first page', () => {
    expect(parseRoute('')).toMatchObject({ page: '', segments: [] });
    expect(parseRoute('#/')).toMatchObject({ page: '', segments: [] });
  });

  it('keeps what cannot be decoded', () => {
    expect(parseRoute('#/event/%zz').segments).toEqual(['%zz']);
  });
});

describe('hrefOf', () => {
  it('survives the way there and back, whatever an id holds', () => {
    const segments = ['a/b', '?q=1', '#x', 'ü ‮', '%'];
    const {
      page,
      segments: read,
      params,
    } = parseRoute(hrefOf({ page: 'record', segments, params: { q: '&=+ %', none: '' } }));
    expect([page, read, [...params]]).toEqual(['record', segments, [['q', '&=+ %']]]);
  });
});
