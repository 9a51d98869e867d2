import { event } from './event.js';
import { frame } from './frame.js';
import { record } from './record.js';
import { ledger } from './ledger.js';
import { person } from './person.js';
import { review } from './review.js';
import { search } from './search.js';

/** German, by page. */
export const de = {
  ...frame,
  ...event,
  ...review,
  ...person,
  ...ledger,
  ...record,
  ...search,
} as const;
