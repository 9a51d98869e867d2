import { foldEventName } from '../catalogue/event-name.js';

/** The name that a call gave, where more than its case and its spaces was changed to make an event name of it. */
export function namedBy(name: unknown): { readonly givenName?: string } {
  if (typeof name !== 'string' || name.trim().toLowerCase().replace(/\s+/g, '_') === foldEventName(name)) return {};
  return { givenName: name };
}
