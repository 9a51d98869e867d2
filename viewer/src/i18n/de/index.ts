import { event } from './event.js';
import { frame } from './frame.js';
import { proof } from './proof.js';
import { record } from './record.js';
import { search } from './search.js';

/** German, by page. */
export const de = {
  ...frame,
  ...event,
  ...proof,
  ...record,
  ...search,
} as const;
