import { createHash } from 'node:crypto';
import { canonicalJson, parseJson } from '../../audit/plain.js';
import type { LedgerAccess } from '../monitoring/access/ledger-access.js';
import type { EventFilters } from '../monitoring/query/event-filters.dto.js';
import type { PersonalChoice } from './personal-choice.js';

/** Which events a stream sends: the filters of `GET /audit/events`. */
export type StreamFilter = Pick<
  EventFilters,
  'category' | 'type' | 'action' | 'outcome' | 'severity' | 'tenantId' | 'actorType' | 'resourceType'
>;

/** Which events a batch holds, and what of them. It is frozen with the batch, and plain JSON. */
export interface Selection {
  readonly filter: StreamFilter;
  readonly access: LedgerAccess;
  readonly personal: PersonalChoice;
}

/** What a stream selects now. */
export function selectionOf({ filter, access, personal }: Selection): Selection {
  return { filter, access, personal };
}

/** SHA-256 of the canonical JSON of what can be written as JSON, base64url: what is undefined is left out. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(parseJson(JSON.stringify(value))))
    .digest('base64url');
}
