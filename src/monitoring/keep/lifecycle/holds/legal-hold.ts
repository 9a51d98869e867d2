import { uuidv7 } from 'uuidv7';
import type { AuditInput } from '../../../../audit/nest-free.js';
import { coverOf, HOLD_ACTIONS, HOLD_COLUMNS, placementOf, releaseOf } from '../../acts/hold-acts.js';
import { lockActs, recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../../proof/log/notes/statement.js';
import { appendOwnEvent } from '../../../inbox/append-own-event.js';
import { serverNow } from '../../../store/ledger-clock.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerQueries, LedgerTransactions } from '../../../store/sessions/ledger-session.js';
import { endOf, isTime, timeOf } from '../../../read/query/query-times.js';
import { isStorable, isUuid } from '../../../read/query/query-parameters.js';
import type { HoldRequest, LegalHold } from './legal-hold.dto.js';
import { keepErrors } from '../../../errors/keep.errors.js';
import { type ArchiveLine, idsOfLine, relatedOf } from '../../archive/archive-line.js';
import { findChangedHolds } from '../../../proof/verify/checks/check-holds.js';
import type { FollowedActs } from '../followed-acts.js';

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
  custodian: LedgerTransactions,
  request: HoldRequest,
  placedBy: string,
  signer: StatementSigner,
  record: HoldRecorder = recordBy(placedBy),
): Promise<LegalHold> {
  const given = withoutNull(request) as HoldRequest; // in JSON, null stands for an absent value
  checkRequest(given, placedBy);
  const { reason } = given;
  const occurredFrom = given.occurredFrom && timeOf(given.occurredFrom).toISOString();
  const [until, occurredTo] = [given.until, given.occurredTo].map((time) => time && endOf(time).toISOString());
  const id = uuidv7();
  const cover = coverOf({ ...given, occurredFrom, occurredTo });
  return custodian.inTransaction(async () => {
    const placedAt = (await serverNow(custodian)).toISOString();
    if (until !== undefined && Date.parse(until) <= Date.parse(placedAt))
      throw keepErrors.AUDIT_REQUEST_INVALID.hold('until is over');
    const statement = placementOf({ id, placedAt, placedBy, reason, until, ...cover });
    const { note: act } = await recordAct(custodian, { statement, signer, actor: ITSELF });
    const values = [id, placedAt, placedBy, reason, until, ...Object.values(cover), act];
    const [row = {}] = await custodian.rows(PLACE, values);
    const hold = holdOf(row);
    await record(custodian, HOLD_ACTIONS.placed, describeHold(hold, reason));
    return hold;
  });
}

/** Returns all legal holds, newest first, including released holds. */
export async function listHolds(custodian: LedgerQueries): Promise<readonly LegalHold[]> {
  return (await custodian.rows(LIST)).map(holdOf);
}

/**
 * Releases a legal hold. One database transaction stores the release, its signed act, and the event about the release.
 *
 * @throws `AUDIT_NOT_FOUND` if no hold has that id, or the hold is already released
 * @throws `AUDIT_REQUEST_INVALID` if `reason` or `by` is empty, too long, or invalid Unicode
 */
export async function releaseHold(
  custodian: LedgerTransactions,
  id: string,
  { by: releasedBy, reason }: { readonly by: string; readonly reason: string },
  signer: StatementSigner,
  record: HoldRecorder = recordBy(releasedBy),
): Promise<LegalHold> {
  checkTexts({ reason, releasedBy }, 'release');
  if (!isUuid(id)) throw keepErrors.AUDIT_NOT_FOUND(id);
  return custodian.inTransaction(async () => {
    await lockActs(custodian);
    const [placed] = await custodian.rows(FIND, [id]);
    if (!placed) throw keepErrors.AUDIT_NOT_FOUND(id);
    const releasedAt = (await serverNow(custodian)).toISOString();
    const statement = releaseOf({ ...holdOf(placed), releasedAt, releasedBy, releaseReason: reason });
    const { note: act } = await recordAct(custodian, { statement, signer, actor: ITSELF });
    const [row = {}] = await custodian.rows(RELEASE, [id, releasedAt, releasedBy, reason, act]);
    const hold = holdOf(row);
    await record(custodian, HOLD_ACTIONS.released, describeHold(hold, reason));
    return hold;
  });
}

function describeHold({ id, until, placedBy, ...hold }: LegalHold, reason: string): AuditInput {
  const details = { holdId: id, placedBy, until, ...coverOf(hold) };
  return { severity: 'warning', resource: { type: 'legal_hold', id }, reason, details };
}

function recordBy(id: string): HoldRecorder {
  return (session, action, input) => appendOwnEvent(session, action, { ...input, actor: { type: 'admin', id } });
}

/** The events about legal holds must not name a person, so their actor is the application. */
const ITSELF = { type: 'system', id: 'legal-holds' } as const;

const MOST_CHARACTERS = 1_000;

function checkRequest(request: HoldRequest, placedBy: string): void {
  const { reason, until, tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo } = request;
  checkTexts({ reason, placedBy, tenantId, actorId, resourceType, resourceId }, 'place');
  for (const [name, time] of Object.entries({ until, occurredFrom, occurredTo })) {
    if (time !== undefined && !isStorableTime(time))
      throw keepErrors.AUDIT_REQUEST_INVALID.hold(`${name} must be a day or an RFC 3339 time`);
  }
  if (resourceId !== undefined && resourceType === undefined)
    throw keepErrors.AUDIT_REQUEST_INVALID.hold('resourceId is given without resourceType');
  if ([tenantId, actorId, resourceType, occurredFrom, occurredTo].every((value) => value === undefined))
    throw keepErrors.AUDIT_REQUEST_INVALID.hold('it covers nothing');
  if (occurredFrom !== undefined && occurredTo !== undefined && timeOf(occurredFrom) >= endOf(occurredTo)) {
    throw keepErrors.AUDIT_REQUEST_INVALID.hold('occurredFrom is not before occurredTo');
  }
}

function checkTexts(texts: Readonly<Record<string, string | undefined>>, act: 'place' | 'release'): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || (text.trim() !== '' && text.length <= MOST_CHARACTERS && isStorable(text))) continue;
    throw keepErrors.AUDIT_REQUEST_INVALID.hold(
      `${name} is empty, longer than ${MOST_CHARACTERS} characters, or invalid Unicode`,
      act,
    );
  }
}

/** PostgreSQL supports neither the year 0000 nor years with a sign. */
function isStorableTime(time: string): boolean {
  return isTime(time) && /^(?!0000)\d{4}-/.test(endOf(time).toISOString());
}

function holdOf(row: LedgerRow): LegalHold {
  return withoutNull(row) as LegalHold; // the table has these columns and constraints
}

function withoutNull(fields: object): unknown {
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
