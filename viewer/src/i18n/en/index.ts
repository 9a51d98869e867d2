import { frame } from './frame.js';
import { search } from './search.js';

/** English, by page. The other languages have the same keys. */
export const en = {
  ...frame,
  ...search,
} as const;
