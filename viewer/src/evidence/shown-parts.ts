import type { Check, Proven } from '../proof/check-event.js';
import { splitEvent, storedEvent } from '../proof/sealed-entry.js';

/** What a file of evidence shows of an event. */
export interface ShownParts {
  /** What the checks are about. */
  readonly event: Readonly<Record<string, unknown>>;
  /** Personal values that were not compared with what was sealed, by their JSON Pointers. */
  readonly unproven?: Readonly<Record<string, unknown>>;
}

/** Of an event whose leaf is right: what is in the leaf, and apart from it what nobody could check. Otherwise all: it is red, or grey. */
export function shownParts({ event, sealed }: Proven, checks: readonly Check[]): ShownParts {
  const isProven = (name: Check['name']) => checks.some((check) => check.name === name && check.state === 'proven');
  if (!sealed || !isProven('leaf')) return { event: { ...event } };
  const { index, changes } = event as { readonly index?: unknown; readonly changes?: unknown }; // as the API showed it
  const more = { ...(isProven('changes') && { changes }), ...(index !== undefined && { index }) };
  const stored = storedEvent(event);
  if (isProven('personal') || sealed.personal.length === 0) return { event: { ...stored, ...more } };
  const { facts, personal } = splitEvent(stored, sealed.personal);
  return { event: { ...facts, ...more }, unproven: personal };
}
