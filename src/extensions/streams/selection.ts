import { createHash } from 'node:crypto';
import { canonicalJson, parseJson } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import type { EventFilters } from '../../monitoring/read/query/event-query.dto.js';

/** The ways to treat personal data: send it, send pseudonyms, or leave it out. */
export const PERSONAL_CHOICES = ['include', 'pseudonym', 'omit'] as const;

export type PersonalChoice = (typeof PERSONAL_CHOICES)[number];

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

/** Selects the events that a stream sends. */
export type StreamFilter = Pick<EventFilters, (typeof STREAM_FILTERS)[number]>;

/** Selects the events of a batch, and the parts of each event. A selection is plain JSON, and is frozen with the batch. */
export interface Selection {
  readonly filter: StreamFilter;
  readonly access: LedgerAccess;
  readonly personal: PersonalChoice;
}

export function toSelection({ filter, access, personal }: Selection): Selection {
  return { filter, access, personal };
}

/** Returns the SHA-256 of a value's canonical JSON, in base64url. Members that are `undefined` are left out. */
export function digestValue(value: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(parseJson(JSON.stringify(value))))
    .digest('base64url');
}
