import { GERMAN } from '../../sentences/templates-de.js';
import { event } from './event.js';
import { frame } from './frame.js';
import { proof } from './proof.js';
import { record } from './record.js';
import { ledger } from './ledger.js';
import { person } from './person.js';
import { review } from './review.js';
import { search } from './search.js';

export const de = {
  ...frame,
  ...event,
  ...proof,
  ...review,
  ...person,
  ...ledger,
  ...record,
  ...search,
} as const;

export const words = GERMAN;
