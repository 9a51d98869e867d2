import { canonicalJson } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { toEvent, toFacts, parsePersonalPart, type LedgerRow } from '../../store/ledger-row.js';
import type { LedgerEvent, SealedParts } from './ledger-event.dto.js';
import type { OneOrMore } from './filter-values.js';
import type { FilterMeaning } from './predicates.js';
import { encodeBase64 } from '../../proof/log/notes/encoding.js';
import type { PersonalProof } from '../../proof/sealing/shown-leaf.js';
import { sealFacts } from '../../proof/sealing/seal-event.js';

export type { LedgerEvent } from './ledger-event.dto.js';

/** An event with its index in the log. */
export type SealedEvent = LedgerEvent & { readonly index: number };

/** The type and the id of a resource. */
export interface ResourceName {
  readonly type: string;
  readonly id: string;
  /**
   * The captured table of the record, as `schema.table`. It is needed if rows of several tables have this type and id. Several names are for
   * a table that was renamed.
   */
  readonly table?: OneOrMore<string> | undefined;
}

/** Whether the personal part of an event is hidden from the caller. A person sees personal values only in the person's own events. */
export function isHidden(access: LedgerAccess, row: LedgerRow): boolean {
  return access.scope === 'subject' && row.actor_id !== access.subjectId;
}

/** Builds the event of a row, with its index. Omits the personal part if the part is hidden from the caller. */
export function toLedgerEvent(access: LedgerAccess, row: LedgerRow): LedgerEvent {
  const event = isHidden(access, row) ? toFacts(row) : toEvent(row);
  return row.index === null ? event : { ...event, index: Number(row.index) };
}

export type ComplianceTags = ReadonlyMap<string, readonly string[]>;

export function getComplianceTags(catalogue: FilterMeaning): ComplianceTags {
  return new Map([...catalogue.complianceTags()].filter(([, tags]) => tags.length > 0));
}

/**
 * Adds the compliance tags of an event's action to the event. Tags are not stored in events, so that a new tag also applies to old events.
 */
export function addTags(event: LedgerEvent, tags: ComplianceTags): LedgerEvent {
  const compliance = tags.get(event.action);
  return compliance === undefined ? event : { ...event, compliance };
}

/**
 * Returns the proof for an event's personal part. If the personal part is hidden from the caller, the proof omits the salt, with which the
 * caller could test guesses.
 */
export function buildPersonalProof(row: LedgerRow, access: LedgerAccess): PersonalProof {
  const commitment = getBase64(row, 'personal_commitment');
  const salt = getBase64(row, 'personal_salt');
  const personal = isHidden(access, row) ? [] : Object.keys(parsePersonalPart(row) ?? {});
  return {
    ...(commitment === undefined ? {} : { commitment }),
    ...(salt === undefined || personal.length === 0 ? {} : { salt }),
    ...(personal.length === 0 ? {} : { personal }),
  };
}

/** Returns the {@link SealedParts} of a row's event, without the salt. */
export function getSealedParts(row: LedgerRow, access: LedgerAccess): SealedParts {
  const { commitment, personal = [] } = buildPersonalProof(row, access);
  return {
    entry: canonicalJson(sealFacts(toFacts(row), commitment)),
    leafHash: getBase64(row, 'leaf_hash') ?? '',
    ...(commitment === undefined ? {} : { commitment }),
    ...{ personal, isPersonalHidden: isHidden(access, row) },
  };
}

function getBase64(row: LedgerRow, column: string): string | undefined {
  const bytes = row[column];
  return Buffer.isBuffer(bytes) ? encodeBase64(bytes) : undefined;
}
