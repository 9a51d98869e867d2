import { createHash } from 'node:crypto';
import { canonicalJson, parseJson } from '../../audit/plain.js';
import type { LedgerAccess } from '../monitoring/access/ledger-access.js';
import type { EventFilters } from '../monitoring/query/event-filters.dto.js';

/** How a stream treats personal data: it sends it, sends pseudonyms, or leaves it out. */
export const PERSONAL_CHOICES = ['include', 'pseudonym', 'omit'] as const;

export type PersonalChoice = (typeof PERSONAL_CHOICES)[number];

/** The filters of `GET /audit/events` that a stream may have. */
export const STREAM_FILTERS = [
  'category',
  'type',
  'action',
  'outcome',
  'severity',
  'tenantId',
  'actorType',
  'resourceType',
] as const;

/** Which events a stream sends. */
export type StreamFilter = Pick<EventFilters, (typeof STREAM_FILTERS)[number]>;

/** Which events a batch holds, and which of their parts. It is frozen with the batch, and plain JSON. */
export interface Selection {
  readonly filter: StreamFilter;
  readonly access: LedgerAccess;
  readonly personal: PersonalChoice;
}

/** The present selection of a stream. */
export function selectionOf({ filter, access, personal }: Selection): Selection {
  return { filter, access, personal };
}

/** SHA-256 of a value's canonical JSON, base64url; `undefined` members are left out. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(parseJson(JSON.stringify(value))))
    .digest('base64url');
}
