import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { NOTHING_REMAINS } from './progress.js';
import { addFacts, factNames } from './remains.js';

describe('the remains of erased events', () => {
  it('are the names of fields, one level deep, and never values', () => {
    const details = { 'a/b~c': 'kept', nested: { deep: 1 }, list: [1] };
    const event = { ...sampleEvent({ details, changes: { diff: [] } }), personal: 'commitment' };
    const names = factNames(event);
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
    const { facts } = addFacts(NOTHING_REMAINS, many);
    expect([Object.keys(facts).length, facts['/…']]).toEqual([1_001, 500]);
  });
});
