import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { describeRemains } from './describe-remains.js';
import { addFacts, factNames, NOTHING_REMAINS } from './remains.js';

describe('what remains of erased events', () => {
  it('is named by its fields, one level deep, and never by a value', () => {
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

  it('is added up by name, and as many events as have an id', () => {
    const some = addFacts(NOTHING_REMAINS, [
      ['/id', 2],
      ['/actor/id', 1],
    ]);
    expect(addFacts(some, [['/id', 1]])).toMatchObject({ events: 3, facts: { '/id': 3, '/actor/id': 1 } });
  });

  it('is bounded, however many names there are', () => {
    const many = Array.from({ length: 1_500 }, (_, nth) => [`/details/f${nth}`, 1] as const);
    const { facts } = addFacts(NOTHING_REMAINS, many);
    expect([Object.keys(facts).length, facts['/…']]).toEqual([1_001, 500]);
  });

  it('is told in lines, the places that were not reached too', () => {
    const exportedAt = '2026-11-20T08:00:00.000Z';
    const lines = describeRemains({
      events: 2,
      facts: { '/type': 2, '/actor/id': 1 },
      archives: { '2026-01': 1 },
      removedArchives: ['2025-12'],
      exports: [
        { exportId: 'e-1', exportedAt, isCertain: true },
        { exportId: 'e-2', exportedAt, isCertain: false },
      ],
      outside: ['backups', 'archive_copies'],
    });
    expect(lines).toEqual([
      'What remains: 2 event(s) as sealed facts, of these fields:',
      '  /actor/id: 1',
      '  /type: 2',
      'In the archive 2026-01: 1 of them.',
      'The archive 2025-12 was removed before. Copies of it were not reached.',
      `The export e-1 of ${exportedAt} has the person's data.`,
      `The export e-2 of ${exportedAt} may have the person's data.`,
      'Not reached: backups of the database; copies of archives.',
    ]);
    expect(describeRemains(NOTHING_REMAINS)).toEqual([]);
  });
});
