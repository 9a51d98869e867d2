import { event } from './event.js';
import { frame } from './frame.js';
import { search } from './search.js';

/** German, by page. */
export const de = {
  ...frame,
  ...event,
  ...search,
} as const;
