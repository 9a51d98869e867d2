import { event } from './event.js';
import { frame } from './frame.js';
import { record } from './record.js';
import { search } from './search.js';

/** German, by page. */
export const de = {
  ...frame,
  ...event,
  ...record,
  ...search,
} as const;
