import { hash } from 'node:crypto';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { selectExactTime } from '../../store/ledger-row.js';
import type { ActStatement } from './act-note.js';

export const HOLD_ACTIONS = { placed: 'legal_hold_placement', released: 'legal_hold_release' } as const;

const COLUMNS = {
  ...{ id: 'id', placedAt: 'placed_at', placedBy: 'placed_by', reason: 'reason', until: 'until' },
  ...{ tenantId: 'tenant_id', actorId: 'actor_id', resourceType: 'resource_type', resourceId: 'resource_id' },
  ...{ occurredFrom: 'occurred_from', occurredTo: 'occurred_to' },
  ...{ releasedAt: 'released_at', releasedBy: 'released_by', releaseReason: 'release_reason' },
} as const;
const TIMES: readonly string[] = ['placed_at', 'until', 'occurred_from', 'occurred_to', 'released_at'];

/** A legal hold, as a row of `audit_legal_hold`. Times are RFC 3339. */
export type HoldStatement = Readonly<Record<'id' | 'placedAt' | 'placedBy' | 'reason', string>> & {
  readonly [Field in keyof typeof COLUMNS]?: string | undefined;
};

/** The columns to select from `audit_legal_hold` for a {@link HoldStatement}. Each value is a text or null. */
export const HOLD_COLUMNS = Object.entries(COLUMNS)
  .map(([name, column]) => `${TIMES.includes(column) ? selectExactTime(column) : `${column}::text`} AS "${name}"`)
  .join(', ');

/** Returns the fields of a hold that select the events under the hold. */
export function pickHoldScope(hold: Partial<HoldStatement>) {
  const { tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo } = hold;
  return { tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo };
}

/** Makes the statement of a placement's act: the hold's id, the time, and a hash of the other fields, which may name persons. */
export function buildPlacementStatement(hold: HoldStatement): ActStatement {
  const { id: holdId, placedAt, placedBy, reason, until } = hold;
  return {
    act: 'hold_placement',
    holdId,
    placedAt,
    hash: hashFields({ placedBy, reason, until, ...pickHoldScope(hold) }),
  };
}

/** Makes the statement of a release's act: the hold's id, the time, and a hash of the other fields about the release. */
export function buildReleaseStatement({
  id: holdId,
  releasedAt,
  releasedBy,
  releaseReason,
}: HoldStatement): ActStatement {
  return { act: 'hold_release', holdId, releasedAt: releasedAt ?? '', hash: hashFields({ releasedBy, releaseReason }) };
}

function hashFields(hold: Readonly<Record<string, string | null | undefined>>): string {
  const fields = Object.entries(hold).filter(([, value]) => value !== undefined && value !== null);
  return hash('sha256', canonicalJson(Object.fromEntries(fields)), 'base64url');
}
