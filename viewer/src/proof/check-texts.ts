import type { MessageKey } from '../i18n/translate.js';
import type { Check } from './check-event.js';

/** The text that tells what a check found. Every finding has one: the specs go through them. */
export function textOf({ name, finding }: Pick<Check, 'name' | 'finding'>): MessageKey {
  return `proof.${name}.${finding}` as MessageKey;
}
