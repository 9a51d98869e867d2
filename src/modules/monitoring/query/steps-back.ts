import type { LedgerAccess } from '../access/index.js';
import { timeOfId } from '../ledger/id-time.js';
import { parseCursor } from './cursor.js';
import type { EventQuery } from './event-query.dto.js';
import { timeOf } from './query-values.js';

const DAY_MS = 86_400_000;
const STEPS_MS = [DAY_MS, 8 * DAY_MS, 64 * DAY_MS];

/**
 * From when on a page is looked for, step by step, `undefined` for the beginning: the first step that fills it has the newest
 * events. Of a tenant's events of a type, PostgreSQL reads all that either index finds in the whole ledger, to sort it; within a
 * few days, that is little. What names an actor, a resource or a request is little anyway.
 */
export function stepsBack(query: EventQuery, access: LedgerAccess, now: Date): readonly (Date | undefined)[] {
  const { tenantId, type, actorId, resourceId, requestId, order, from, to, cursor } = query;
  const isOfTypeInTenant = type !== undefined && (access.scope === 'tenants' || tenantId !== undefined);
  const isBounded = [actorId, resourceId, requestId, from].some((one) => one !== undefined);
  if (!isOfTypeInTenant || isBounded || order === 'asc') return [undefined];
  const after = parseCursor(cursor);
  const ends = [now, ...(after ? [timeOfId(after.id)] : []), ...(to === undefined ? [] : [timeOf(to)])];
  const end = Math.min(...ends.map((time) => time.getTime()));
  return [...STEPS_MS.map((length) => new Date(end - length)), undefined];
}
