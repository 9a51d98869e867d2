import { describe, expect, it } from '@jest/globals';
import { findDifferences } from './find-differences.js';

const EVENT = {
  type: 'order_created',
  actor: { type: 'user', id: '7' },
  details: { items: [{ sku: 'tea', quantity: 2 }, { sku: 'milk' }], note: null },
};

describe('what matches a partial value', () => {
  it.each([
    ['nothing asked for', {}],
    ['a field', { type: 'order_created' }],
    ['a nested field, whatever is beside it', { actor: { id: '7' } }],
    ['a list of partial items', { details: { items: [{ sku: 'tea' }, {}] } }],
    ['a null', { details: { note: null } }],
    ['an absent field', { reason: undefined, actor: { name: undefined } }],
    ['a regular expression', { type: /_created$/ }],
    ['the same regular expression again, though it counts', { type: /order/g }],
    ["a test runner's matcher", { actor: { id: expect.any(String) }, details: expect.anything() }],
  ])('%s', (_what, expected) => {
    expect(findDifferences(EVENT, expected)).toEqual([]);
    expect(findDifferences(EVENT, expected)).toEqual([]);
  });
});

describe('what does not match is named by its path', () => {
  it.each([
    ['another value', { actor: { id: 7 } }, 'actor.id', 7, '7'],
    ['a missing field', { tenantId: 'acme' }, 'tenantId', 'acme', undefined],
    ['a field of what is missing', { request: { id: '1' } }, 'request', { id: '1' }, undefined],
    ['a field that is there', { details: { note: undefined } }, 'details.note', undefined, null],
    ['an item of a list', { details: { items: [{}, { sku: 'tea' }] } }, 'details.items[1].sku', 'tea', 'milk'],
    ['a list of another length', { details: { items: [] } }, 'details.items', [], EVENT.details.items],
    ['a list for an object', { actor: [] }, 'actor', [], EVENT.actor],
    ['an object for a list', { details: { items: {} } }, 'details.items', {}, EVENT.details.items],
    ['an inherited name', { details: { toString: 'x' } }, 'details.toString', 'x', undefined],
  ])('%s', (_what, match, path, expected, actual) => {
    expect(findDifferences(EVENT, match)).toEqual([{ path, expected, actual }]);
  });

  it('each of them', () => {
    expect(findDifferences(EVENT, { type: 'x', actor: { id: 'y', type: 'user' } }).map(({ path }) => path)).toEqual([
      'type',
      'actor.id',
    ]);
  });
});
