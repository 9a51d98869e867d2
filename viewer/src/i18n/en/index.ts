import { ENGLISH } from '../../sentences/templates-en.js';
import { event } from './event.js';
import { frame } from './frame.js';
import { proof } from './proof.js';
import { record } from './record.js';
import { ledger } from './ledger.js';
import { person } from './person.js';
import { review } from './review.js';
import { search } from './search.js';

export const en = {
  ...frame,
  ...event,
  ...proof,
  ...review,
  ...person,
  ...ledger,
  ...record,
  ...search,
} as const;

export const words = ENGLISH;
