import { type ArchiveLine, idsOfLine, relatedOf } from '../../archive/archive-line.js';
import { findChangedHolds } from '../../../proof/verify/checks/check-holds.js';
import { serverNow } from '../../../store/ledger-clock.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import type { FollowedActs } from '../followed-acts.js';
import { keepErrors } from '../../../errors/keep.errors.js';

/** A legal hold. A hold covers the events that match all fields of the hold that are not `null`. Times are Unix times in milliseconds. */
export type ActiveHold = Readonly<
  Record<'tenantId' | 'actorId' | 'resourceType' | 'resourceId', string | null> &
    Record<'occurredFrom' | 'occurredTo', number | null>
>;

const HOLDS = `
  SELECT tenant_id AS "tenantId", actor_id AS "actorId", resource_type AS "resourceType", resource_id AS "resourceId",
         (extract(epoch FROM occurred_from) * 1000)::float8 AS "occurredFrom", (extract(epoch FROM occurred_to) * 1000)::float8 AS "occurredTo"
    FROM audit_legal_hold WHERE released_at IS NULL AND (until IS NULL OR until > now())`;

/**
 * Finds the active legal holds. Until the caller's transaction ends, no hold can be placed or released. Compares the holds with the ledger's
 * signed acts. Otherwise, the owner of the tables could hide a hold during a retirement or an erasure.
 *
 * @throws `AUDIT_ACTS_CONTRADICTED`, also if a hold that an act placed is missing or changed
 */
export async function findActiveHolds(transaction: LedgerQueries, acts: FollowedActs): Promise<readonly ActiveHold[]> {
  const followed = await acts.follow(transaction);
  const nowMs = (await serverNow(transaction)).getTime();
  const [changed] = await findChangedHolds(transaction, { acts: followed, nowMs });
  if (changed) throw keepErrors.AUDIT_ACTS_CONTRADICTED(changed.what);
  return (await transaction.rows(HOLDS)) as readonly unknown[] as readonly ActiveHold[]; // the statement selects these columns
}

/** Whether one of the holds covers an archived event. Applies the same rules as the database function `audit_hold_covers`. */
export function isHeld(line: ArchiveLine, holds: readonly ActiveHold[]): boolean {
  return holds.some((hold) => covers(hold, line));
}

function covers(hold: ActiveHold, line: ArchiveLine): boolean {
  const { tenantId, occurredAt } = line.sealed;
  const { actorId, onBehalfOfId, resourceType, resourceId } = idsOfLine(line);
  const resources = [{ type: resourceType, id: resourceId }, ...relatedOf(line.sealed.related, line.personal)];
  const occurred = Date.parse(occurredAt);
  return (
    isAnyOf(hold.tenantId, tenantId) &&
    isAnyOf(hold.actorId, actorId, onBehalfOfId) &&
    resources.some(({ type, id }) => isAnyOf(hold.resourceType, type) && isAnyOf(hold.resourceId, id)) &&
    (hold.occurredFrom === null || hold.occurredFrom <= occurred) &&
    (hold.occurredTo === null || hold.occurredTo > occurred)
  );
}

function isAnyOf(wanted: string | null, ...values: readonly unknown[]): boolean {
  return wanted === null || values.includes(wanted);
}
