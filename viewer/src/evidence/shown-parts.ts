import type { Check, Proven } from '../proof/check-event.js';
import { splitEvent, storedEvent } from '../proof/sealed-entry.js';

export interface ShownParts {
  readonly event: Readonly<Record<string, unknown>>;
  /** Personal values that were not compared with the sealed values, by their JSON Pointers. */
  readonly unproven?: Readonly<Record<string, unknown>>;
}

/**
 * If the leaf of the event is correct, returns the parts that the leaf covers, and separately the unchecked parts. Otherwise, returns the
 * whole event with a mark.
 */
export function shownParts({ event, sealed }: Proven, checks: readonly Check[]): ShownParts {
  const isProven = (name: Check['name']) => checks.some((check) => check.name === name && check.state === 'proven');
  if (!sealed || !isProven('leaf')) return { event: { ...event } };
  const { index, changes } = event as { readonly index?: unknown; readonly changes?: unknown }; // these fields are in the form in which the API showed them
  const more = { ...(isProven('changes') && { changes }), ...(index !== undefined && { index }) };
  const stored = storedEvent(event);
  if (isProven('personal') || sealed.personal.length === 0) return { event: { ...stored, ...more } };
  const { facts, personal } = splitEvent(stored, sealed.personal);
  return { event: { ...facts, ...more }, unproven: personal };
}
