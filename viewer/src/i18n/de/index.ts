import { frame } from './frame.js';
import { search } from './search.js';

/** German, by page. */
export const de = {
  ...frame,
  ...search,
} as const;
