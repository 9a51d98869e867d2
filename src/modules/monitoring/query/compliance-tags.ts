import type { LedgerEvent } from './ledger-event.js';
import type { FilterMeaning } from './predicates.js';

/** The compliance tags of the actions that have any. */
export type ComplianceTags = ReadonlyMap<string, readonly string[]>;

/** Those of the catalogue. */
export function complianceTagsOf(catalogue: FilterMeaning): ComplianceTags {
  return new Map([...catalogue.complianceTags()].filter(([, tags]) => tags.length > 0));
}

/**
 * An event with the compliance tags of its action. They are not part of what was recorded: the catalogue says them when an event is
 * read, also of events from before a tag was given.
 */
export function withTags(event: LedgerEvent, tags: ComplianceTags): LedgerEvent {
  const compliance = tags.get(event.action);
  return compliance === undefined ? event : { ...event, compliance };
}
