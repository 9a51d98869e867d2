import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../audit/plain.js';
import { exactTime } from '../store/exact-time.js';
import type { ActStatement } from './act-note.js';

/** The actions of legal holds, which are the types of their events as well. */
export const HOLD_ACTIONS = { placed: 'legal_hold_placement', released: 'legal_hold_release' } as const;

/** A legal hold as its row has it. Times are RFC 3339. */
export interface StatedHold {
  readonly id: string;
  readonly placedAt: string;
  readonly placedBy: string;
  readonly reason: string;
  readonly until?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly actorId?: string | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly occurredFrom?: string | undefined;
  readonly occurredTo?: string | undefined;
  readonly releasedAt?: string | undefined;
  readonly releasedBy?: string | undefined;
  readonly releaseReason?: string | undefined;
}

/** The column of each field, and whether it is a time. */
const FIELDS: readonly (readonly [keyof StatedHold, string, boolean?])[] = [
  ['id', 'id'],
  ['placedAt', 'placed_at', true],
  ['placedBy', 'placed_by'],
  ['reason', 'reason'],
  ['until', 'until', true],
  ['tenantId', 'tenant_id'],
  ['actorId', 'actor_id'],
  ['resourceType', 'resource_type'],
  ['resourceId', 'resource_id'],
  ['occurredFrom', 'occurred_from', true],
  ['occurredTo', 'occurred_to', true],
  ['releasedAt', 'released_at', true],
  ['releasedBy', 'released_by'],
  ['releaseReason', 'release_reason'],
];

/** The columns to select from `audit_legal_hold` for a {@link StatedHold}: all texts, or null. */
export const HOLD_COLUMNS = FIELDS.map(
  ([name, column, isTime]) => `${isTime === true ? exactTime(column) : `${column}::text`} AS "${name}"`,
).join(', ');

/**
 * Makes the statement of a placement's act: the hold's id, and the hash of all other fields, since acts stay in the log and the fields may
 * name persons.
 */
export function placementOf(hold: StatedHold): ActStatement {
  const { id: holdId, placedAt, placedBy, reason, until } = hold;
  const { tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo } = hold;
  const cover = { tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo };
  return { act: 'hold_placement', holdId, placedAt, hash: hashOf({ placedBy, reason, until, ...cover }) };
}

/** Makes the statement of a release's act: the hold's id, and the hash of the fields about the release. */
export function releaseOf({ id: holdId, releasedAt, releasedBy, releaseReason }: StatedHold): ActStatement {
  return { act: 'hold_release', holdId, releasedAt: releasedAt ?? '', hash: hashOf({ releasedBy, releaseReason }) };
}

/** SHA-256 of the canonical JSON of the fields that have a value, base64url. */
function hashOf(said: Readonly<Record<string, string | null | undefined>>): string {
  const fields = Object.entries(said).filter(([, value]) => value !== undefined && value !== null);
  return createHash('sha256')
    .update(canonicalJson(Object.fromEntries(fields)))
    .digest('base64url');
}
