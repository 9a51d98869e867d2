import { describe, expect, it } from '@jest/globals';
import { placesOf, rowsOf, type ListRow } from './list-rows.js';
import type { Absence } from '../../events/absence.js';
import type { ListedEvent } from './search-types.js';

const event = (index: number, day = '2026-11-21'): ListedEvent => ({
  id: `e${index}`,
  index,
  occurredAt: `${day}T10:00:00.000Z`,
  type: 'x',
  outcome: 'success',
  severity: 'info',
});
const missing = (first: number, last: number): Absence => ({ kind: 'missing', first, last, count: last - first + 1 });
const dayOf = (at: string) => at.slice(0, 10);
const told = (rows: readonly ListRow[]) =>
  rows.map((row) =>
    row.kind === 'event'
      ? row.event.id
      : row.kind === 'day'
        ? row.at.slice(0, 10)
        : `${row.absence.first}-${row.absence.last}`,
  );

describe('rowsOf', () => {
  it('begins each day with a line', () => {
    const rows = rowsOf([event(3), event(2), event(1, '2026-11-20')], [], 'desc', dayOf);
    expect(told(rows)).toEqual(['2026-11-21', 'e3', 'e2', '2026-11-20', 'e1']);
  });

  it('puts what is absent between its neighbours, in either order', () => {
    expect(told(rowsOf([event(9), event(4), event(1)], [missing(2, 3), missing(5, 8)], 'desc', dayOf))).toEqual([
      '2026-11-21',
      'e9',
      '5-8',
      'e4',
      '2-3',
      'e1',
    ]);
    expect(told(rowsOf([event(1), event(4)], [missing(2, 3)], 'asc', dayOf))).toEqual([
      '2026-11-21',
      'e1',
      '2-3',
      'e4',
    ]);
  });

  it('puts what was erased of an event above it, and what is older than all at the end', () => {
    const erased: Absence = { kind: 'erased', first: 4, last: 4, count: 1 };
    expect(told(rowsOf([event(5), event(4)], [erased, missing(0, 1)], 'desc', dayOf))).toEqual([
      '2026-11-21',
      'e5',
      '4-4',
      'e4',
      '0-1',
    ]);
  });

  it('numbers the events, and gives each line another key', () => {
    const rows = rowsOf([event(3), event(2)], [missing(1, 1)], 'desc', dayOf);
    expect(rows.filter((row) => row.kind === 'event').map(({ nth }) => nth)).toEqual([1, 2]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  });
});

describe('placesOf', () => {
  it('spans the sealed events', () => {
    expect(placesOf([event(7), event(3)])).toEqual({ first: 3, last: 7 });
    expect(placesOf([])).toBeUndefined();
  });
});
