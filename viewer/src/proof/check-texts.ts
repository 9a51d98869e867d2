import type { MessageKey } from '../i18n/translate.js';
import type { Check } from './check-event.js';

/** A spec checks that every finding has a text. */
export function textOf({ name, finding }: Pick<Check, 'name' | 'finding'>): MessageKey {
  return `proof.${name}.${finding}` as MessageKey;
}
