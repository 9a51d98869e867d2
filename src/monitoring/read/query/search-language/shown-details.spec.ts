import { expect, it } from '@jest/globals';
import { listSearchTerms } from './shown-details.js';

it('names what a reader of the log sought, and leaves out what only shapes the page', () => {
  const filters = {
    q: 'tea',
    outcome: ['failure', 'denied'],
    details: { amount: { gt: ['100'] } },
    category: { ne: ['audit_access'] },
    fields: 'id,type',
    limit: 50,
  };
  expect(listSearchTerms({ filters })).toEqual([
    ['q', 'tea'],
    ['outcome', 'failure,denied'],
    ['details.amount[gt]', '100'],
  ]);
  for (const other of [undefined, null, 'x', { filters: 'x' }, { filters: [1] }])
    expect(listSearchTerms(other)).toEqual([]);
});
