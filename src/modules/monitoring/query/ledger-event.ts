import type { LedgerAccess } from '../access/ledger-access.js';
import { eventOfRow, factsOfRow, type LedgerRow } from '../store/ledger-row.js';
import type { LedgerEvent } from './ledger-event.dto.js';
import type { FilterMeaning } from './predicates.js';

export type { JoinedChanges, LedgerEvent } from './ledger-event.dto.js';

/** The type and the id of a resource. */
export interface ResourceName {
  readonly type: string;
  readonly id: string;
}

/** Whether somebody may not see the personal part of a row's event: a person does not see personal values of others. */
export function isHidden(access: LedgerAccess, row: LedgerRow): boolean {
  return access.scope === 'subject' && row.actor_id !== access.subjectId;
}

/** Builds the event of a row, with its place, as far as it is not {@link isHidden}. */
export function eventFor(access: LedgerAccess, row: LedgerRow): LedgerEvent {
  const event = isHidden(access, row) ? factsOfRow(row) : eventOfRow(row);
  return row.index === null ? event : { ...event, index: Number(row.index) };
}

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
