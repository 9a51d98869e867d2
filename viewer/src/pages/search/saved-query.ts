import type { FilterPair } from '../../../../src/monitoring/read/query/search-language/filters-of.js';
import { textOfFilters } from '../../../../src/monitoring/read/query/search-language/query-text.js';

export interface ShownQuery {
  readonly text: string;
  readonly order: 'asc' | 'desc';
  readonly isArchived: boolean;
}

export function queryOfShown(filters: readonly FilterPair[], { order, isArchived }: Omit<ShownQuery, 'text'>): string {
  const pairs = [
    ...filters.map(([name, value]) => [name, value]),
    ...(order === 'asc' ? [['order', 'asc']] : []),
    ...(isArchived ? [['archived', 'true']] : []),
  ];
  return new URLSearchParams(pairs).toString();
}

export function textOfView(query: string): ShownQuery {
  const pairs = [...new URLSearchParams(query)];
  const has = (name: string, value: string) => pairs.some((pair) => pair[0] === name && pair[1] === value);
  return {
    text: textOfFilters(pairs.filter(([name]) => name !== 'order' && name !== 'archived')),
    order: has('order', 'asc') ? 'asc' : 'desc',
    isArchived: has('archived', 'true'),
  };
}
