import type { LedgerEvent } from './ledger-event.js';
import type { FilterMeaning } from './predicates.js';

/** The compliance tags of each action that has any. */
export type ComplianceTags = ReadonlyMap<string, readonly string[]>;

/** The compliance tags of a catalogue. */
export function complianceTagsOf(catalogue: FilterMeaning): ComplianceTags {
  return new Map([...catalogue.complianceTags()].filter(([, tags]) => tags.length > 0));
}

/**
 * Adds the compliance tags of its action to an event. They are not recorded: the catalogue gives them when an event is read, even if the
 * event is older than the tag.
 */
export function withTags(event: LedgerEvent, tags: ComplianceTags): LedgerEvent {
  const compliance = tags.get(event.action);
  return compliance === undefined ? event : { ...event, compliance };
}
