import type { MessageKey } from '../texts/index.js';
import type { Check } from './check-event.js';

/** A spec checks that every finding has a text. */
export function getMessageKey({ name, finding }: Pick<Check, 'name' | 'finding'>): MessageKey {
  return `proof.${name}.${finding}` as MessageKey;
}
