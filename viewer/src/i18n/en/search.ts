export const search = {
  'search.results': { one: '{count} event', other: '{count} events' },
} as const;
