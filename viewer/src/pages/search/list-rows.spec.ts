import { expect, it } from '@jest/globals';
import { buildRows, type ListRow } from './list-rows.js';
import type { Gap } from '../../events/gap.js';
import type { ListedEvent } from './search-types.js';

const event = (index: number, day = '2026-11-21'): ListedEvent => ({
  id: `e${index}`,
  index,
  occurredAt: `${day}T10:00:00.000Z`,
  type: 'x',
  outcome: 'success',
  severity: 'info',
});
const missing = (first: number, last: number): Gap => ({ kind: 'missing', first, last, count: last - first + 1 });
const formatDay = (at: string) => at.slice(0, 10);
const shown = (rows: readonly ListRow[]) =>
  rows.map((row) =>
    row.kind === 'event' ? row.event.id : row.kind === 'day' ? row.at.slice(0, 10) : `${row.gap.first}-${row.gap.last}`,
  );

it('buildRows puts what is absent between its neighbours, in either order', () => {
  expect(shown(buildRows([event(9), event(4), event(1)], [missing(2, 3), missing(5, 8)], 'desc', formatDay))).toEqual([
    '2026-11-21',
    'e9',
    '5-8',
    'e4',
    '2-3',
    'e1',
  ]);
  expect(shown(buildRows([event(1), event(4)], [missing(2, 3)], 'asc', formatDay))).toEqual([
    '2026-11-21',
    'e1',
    '2-3',
    'e4',
  ]);
});
