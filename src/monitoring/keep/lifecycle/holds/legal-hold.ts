import { uuidv7 } from 'uuidv7';
import type { AuditInput } from '../../../../audit/nest-free.js';
import {
  pickHoldScope,
  HOLD_ACTIONS,
  HOLD_COLUMNS,
  buildPlacementStatement,
  buildReleaseStatement,
} from '../../acts/hold-acts.js';
import { lockActs, recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../../proof/log/notes/statement.js';
import { appendOwnEvent } from '../../../inbox/append-own-event.js';
import { readServerTime } from '../../../store/ledger-clock.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerQueries, LedgerTransactions } from '../../../store/sessions/ledger-session.js';
import { parseEndTime, isTime, parseTime } from '../../../read/query/query-times.js';
import { isStorable, isUuid } from '../../../read/query/query-parameters.js';
import type { HoldRequest, LegalHold } from './legal-hold.dto.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';
import { type ArchiveLine, getLineIds, listRelated } from '../../archive/archive-line.js';
import { findChangedHolds } from '../../../proof/verify/checks/check-holds.js';
import type { VerifiedActs } from '../verified-acts.js';

const COLUMNS = `${HOLD_COLUMNS}, released_at IS NULL AND (until IS NULL OR until > now()) AS "isActive"`;

const PLACE = `
  INSERT INTO audit_legal_hold (id, placed_at, placed_by, reason, until, tenant_id, actor_id, resource_type, resource_id,
                                occurred_from, occurred_to, placed_act)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING ${COLUMNS}`;
const FIND = `SELECT ${COLUMNS} FROM audit_legal_hold WHERE id = $1 AND released_at IS NULL`;
const LIST = `SELECT ${COLUMNS} FROM audit_legal_hold ORDER BY id DESC`;
const RELEASE = `
  UPDATE audit_legal_hold SET released_at = $2, released_by = $3, release_reason = $4, released_act = $5
   WHERE id = $1 AND released_at IS NULL RETURNING ${COLUMNS}`;

/** Stores the event about a hold in the session's transaction. If this function rejects, the transaction is rolled back. */
export type HoldRecorder = (session: LedgerQueries, action: string, input: AuditInput) => Promise<unknown>;

/**
 * Places a legal hold. One database transaction stores the hold, its signed act, and the event about the hold. The transaction is committed
 * when the promise resolves.
 *
 * @throws `AUDIT_REQUEST_INVALID`
 */
export async function placeHold(
  session: LedgerTransactions,
  request: HoldRequest,
  placedBy: string,
  signer: StatementSigner,
  record: HoldRecorder = createHoldRecorder(placedBy),
): Promise<LegalHold> {
  const input = omitNull(request) as HoldRequest; // in JSON, null stands for an absent value
  checkRequest(input, placedBy);
  const { reason } = input;
  const occurredFrom = input.occurredFrom && parseTime(input.occurredFrom).toISOString();
  const [until, occurredTo] = [input.until, input.occurredTo].map((time) => time && parseEndTime(time).toISOString());
  const id = uuidv7();
  const cover = pickHoldScope({ ...input, occurredFrom, occurredTo });
  return session.inTransaction(async () => {
    const placedAt = (await readServerTime(session)).toISOString();
    if (until !== undefined && Date.parse(until) <= Date.parse(placedAt))
      throw lifecycleErrors.AUDIT_REQUEST_INVALID.hold('until is over');
    const statement = buildPlacementStatement({ id, placedAt, placedBy, reason, until, ...cover });
    const { note: act } = await recordAct(session, { statement, signer, actor: SYSTEM_ACTOR });
    const values = [id, placedAt, placedBy, reason, until, ...Object.values(cover), act];
    const [row = {}] = await session.rows(PLACE, values);
    const hold = toLegalHold(row);
    await record(session, HOLD_ACTIONS.placed, describeHold(hold, reason));
    return hold;
  });
}

/** Returns all legal holds, newest first, including released holds. */
export async function listHolds(session: LedgerQueries): Promise<readonly LegalHold[]> {
  return (await session.rows(LIST)).map(toLegalHold);
}

/**
 * Releases a legal hold. One database transaction stores the release, its signed act, and the event about the release.
 *
 * @throws `AUDIT_NOT_FOUND` if no hold has that id, or the hold is already released
 * @throws `AUDIT_REQUEST_INVALID` if `reason` or `by` is empty, too long, or invalid Unicode
 */
export async function releaseHold(
  session: LedgerTransactions,
  id: string,
  { by: releasedBy, reason }: { readonly by: string; readonly reason: string },
  signer: StatementSigner,
  record: HoldRecorder = createHoldRecorder(releasedBy),
): Promise<LegalHold> {
  checkTexts({ reason, releasedBy }, 'release');
  if (!isUuid(id)) throw lifecycleErrors.AUDIT_NOT_FOUND(id);
  return session.inTransaction(async () => {
    await lockActs(session);
    const [placed] = await session.rows(FIND, [id]);
    if (!placed) throw lifecycleErrors.AUDIT_NOT_FOUND(id);
    const releasedAt = (await readServerTime(session)).toISOString();
    const statement = buildReleaseStatement({ ...toLegalHold(placed), releasedAt, releasedBy, releaseReason: reason });
    const { note: act } = await recordAct(session, { statement, signer, actor: SYSTEM_ACTOR });
    const [row = {}] = await session.rows(RELEASE, [id, releasedAt, releasedBy, reason, act]);
    const hold = toLegalHold(row);
    await record(session, HOLD_ACTIONS.released, describeHold(hold, reason));
    return hold;
  });
}

function describeHold({ id, until, placedBy, ...hold }: LegalHold, reason: string): AuditInput {
  const details = { holdId: id, placedBy, until, ...pickHoldScope(hold) };
  return { severity: 'warning', resource: { type: 'legal_hold', id }, reason, details };
}

function createHoldRecorder(id: string): HoldRecorder {
  return (session, action, input) => appendOwnEvent(session, action, { ...input, actor: { type: 'admin', id } });
}

/** The events about legal holds must not name a person, so their actor is the application. */
const SYSTEM_ACTOR = { type: 'system', id: 'legal-holds' } as const;

const MAX_CHARACTERS = 1_000;

function checkRequest(request: HoldRequest, placedBy: string): void {
  const { reason, until, tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo } = request;
  checkTexts({ reason, placedBy, tenantId, actorId, resourceType, resourceId }, 'place');
  for (const [name, time] of Object.entries({ until, occurredFrom, occurredTo })) {
    if (time !== undefined && !isStorableTime(time))
      throw lifecycleErrors.AUDIT_REQUEST_INVALID.hold(`${name} must be a day or an RFC 3339 time`);
  }
  if (resourceId !== undefined && resourceType === undefined)
    throw lifecycleErrors.AUDIT_REQUEST_INVALID.hold('resourceId is given without resourceType');
  if ([tenantId, actorId, resourceType, occurredFrom, occurredTo].every((value) => value === undefined))
    throw lifecycleErrors.AUDIT_REQUEST_INVALID.hold('it covers nothing');
  if (occurredFrom !== undefined && occurredTo !== undefined && parseTime(occurredFrom) >= parseEndTime(occurredTo)) {
    throw lifecycleErrors.AUDIT_REQUEST_INVALID.hold('occurredFrom is not before occurredTo');
  }
}

function checkTexts(texts: Readonly<Record<string, string | undefined>>, act: 'place' | 'release'): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || (text.trim() !== '' && text.length <= MAX_CHARACTERS && isStorable(text))) continue;
    throw lifecycleErrors.AUDIT_REQUEST_INVALID.hold(
      `${name} is empty, longer than ${MAX_CHARACTERS} characters, or invalid Unicode`,
      act,
    );
  }
}

/** PostgreSQL supports neither the year 0000 nor years with a sign. */
function isStorableTime(time: string): boolean {
  return isTime(time) && /^(?!0000)\d{4}-/.test(parseEndTime(time).toISOString());
}

function toLegalHold(row: LedgerRow): LegalHold {
  return omitNull(row) as LegalHold; // the table has these columns and constraints
}

function omitNull(fields: object): unknown {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

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
export async function findActiveHolds(transaction: LedgerQueries, acts: VerifiedActs): Promise<readonly ActiveHold[]> {
  const followed = await acts.follow(transaction);
  const nowMs = (await readServerTime(transaction)).getTime();
  const [changed] = await findChangedHolds(transaction, { acts: followed, nowMs });
  if (changed) throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(changed.what);
  return (await transaction.rows(HOLDS)) as readonly unknown[] as readonly ActiveHold[]; // the statement selects these columns
}

/** Whether one of the holds covers an archived event. Applies the same rules as the database function `audit_hold_covers`. */
export function isHeld(line: ArchiveLine, holds: readonly ActiveHold[]): boolean {
  return holds.some((hold) => coversLine(hold, line));
}

function coversLine(hold: ActiveHold, line: ArchiveLine): boolean {
  const { tenantId, occurredAt } = line.sealed;
  const { actorId, onBehalfOfId, resourceType, resourceId } = getLineIds(line);
  const resources = [{ type: resourceType, id: resourceId }, ...listRelated(line.sealed.related, line.personal)];
  const occurred = Date.parse(occurredAt);
  return (
    matchesAny(hold.tenantId, tenantId) &&
    matchesAny(hold.actorId, actorId, onBehalfOfId) &&
    resources.some(({ type, id }) => matchesAny(hold.resourceType, type) && matchesAny(hold.resourceId, id)) &&
    (hold.occurredFrom === null || hold.occurredFrom <= occurred) &&
    (hold.occurredTo === null || hold.occurredTo > occurred)
  );
}

function matchesAny(expected: string | null, ...values: readonly unknown[]): boolean {
  return expected === null || values.includes(expected);
}
