import { event } from './event.js';
import { frame } from './frame.js';
import { proof } from './proof.js';
import { record } from './record.js';
import { search } from './search.js';

/** English, by page. The other languages have the same keys. */
export const en = {
  ...frame,
  ...event,
  ...proof,
  ...record,
  ...search,
} as const;
