import { expect, it } from '@jest/globals';
import { hrefOf, parseRoute } from './router.js';

it('hrefOf survives the way there and back, whatever an id holds', () => {
  const segments = ['a/b', '?q=1', '#x', 'ü ‮', '%'];
  const {
    page,
    segments: read,
    params,
  } = parseRoute(hrefOf({ page: 'record', segments, params: { q: '&=+ %', none: '' } }));
  expect([page, read, [...params]]).toEqual(['record', segments, [['q', '&=+ %']]]);
});
