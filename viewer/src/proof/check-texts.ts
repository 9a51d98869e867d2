import type { MessageKey } from '../i18n/translate.js';
import type { Check } from './check-event.js';

/** The key of the text for a check's finding. Every finding has one; a spec checks that. */
export function textOf({ name, finding }: Pick<Check, 'name' | 'finding'>): MessageKey {
  return `proof.${name}.${finding}` as MessageKey;
}
