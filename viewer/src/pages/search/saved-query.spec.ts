import { describe, expect, it } from '@jest/globals';
import { filtersOf } from '../../query/filters-of.js';
import { parseQuery } from '../../query/parse-query.js';
import { queryOfShown, textOfView } from './saved-query.js';

describe('a saved query', () => {
  it.each(['actor:u-1 -outcome:success', 'since:-7d type:order_*', 'details.amount:>1000 card declined', ''])(
    'shows what it was saved of: %s',
    (text) => {
      const filters = filtersOf(parseQuery(text).terms);
      for (const shown of [
        { order: 'desc', isArchived: false },
        { order: 'asc', isArchived: true },
      ] as const) {
        const opened = textOfView(queryOfShown(filters, shown));
        expect(opened).toMatchObject(shown);
        expect(filtersOf(parseQuery(opened.text).terms)).toEqual(filters);
      }
    },
  );
});
