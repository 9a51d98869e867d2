import type { search as english } from '../en/search.js';
import type { Translated } from '../translate.js';

export const search: Translated<typeof english> = {
  'search.results': { one: '{count} Ereignis', other: '{count} Ereignisse' },
};
