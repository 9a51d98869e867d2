import { expect, it } from '@jest/globals';
import { toHref, parseRoute } from './router.js';

it('toHref survives the way there and back, whatever an id holds', () => {
  const segments = ['a/b', '?q=1', '#x', 'ü ‮', '%'];
  const {
    page,
    segments: read,
    params,
  } = parseRoute(toHref({ page: 'record', segments, params: { q: '&=+ %', none: '' } }));
  expect([page, read, [...params]]).toEqual(['record', segments, [['q', '&=+ %']]]);
});
