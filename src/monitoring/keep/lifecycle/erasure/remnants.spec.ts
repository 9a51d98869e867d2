import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { NO_REMNANTS } from './erasure-progress.js';
import { addFacts, listFactNames } from './remnants.js';

describe('the remains of erased events', () => {
  it('are the names of fields, one level deep, and never values', () => {
    const details = { 'a/b~c': 'kept', nested: { deep: 1 }, list: [1] };
    const event = { ...sampleEvent({ details, changes: { diff: [] } }), personal: 'commitment' };
    const names = listFactNames(event);
    expect(names).toEqual(
      expect.arrayContaining([
        '/id',
        '/actor/id',
        '/details/a~1b~0c',
        '/details/nested',
        '/details/list',
        '/changes/diff',
      ]),
    );
    expect(names).toContain('/personal');
    expect(names.join()).not.toMatch(/kept|deep|commitment/);
  });

  it('are limited, however many names there are', () => {
    const many = Array.from({ length: 1_500 }, (_, nth) => [`/details/f${nth}`, 1] as const);
    const { facts } = addFacts(NO_REMNANTS, many);
    expect([Object.keys(facts).length, facts['/…']]).toEqual([1_001, 500]);
  });
});
