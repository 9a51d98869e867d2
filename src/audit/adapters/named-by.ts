import { foldEventName } from '../catalogue/event-name.js';

/** Returns the name that a call gave, if making an event name of it changed more than its case and spaces. */
export function namedBy(name: unknown): { readonly givenName?: string } {
  if (typeof name !== 'string' || name.trim().toLowerCase().replace(/\s+/g, '_') === foldEventName(name)) return {};
  return { givenName: name };
}
