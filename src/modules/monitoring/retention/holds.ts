import { uuidv7 } from 'uuidv7';
import { isStorable, isTime, timeOf } from '../query/query-values.js';
import { InvalidHoldError, UnknownHoldError } from './retention.errors.js';

type Row = Readonly<Record<string, unknown>>;

/** What runs statements with the rights of `audit_keeper`. */
export interface KeeperQueries {
  rows(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** What a legal hold covers: the events that have all of what it names; at least one is named. */
export interface HoldCover {
  readonly tenantId?: string | undefined;
  /** Who did it, or on whose behalf it was done. */
  readonly actorId?: string | undefined;
  readonly resourceType?: string | undefined;
  /** With `resourceType`. */
  readonly resourceId?: string | undefined;
  /** A day or an RFC 3339 time, in UTC without an offset: events that occurred then or later. */
  readonly occurredFrom?: string | undefined;
  /** The same: events that occurred before. */
  readonly occurredTo?: string | undefined;
}

/** What a legal hold is placed with. */
export interface HoldRequest extends HoldCover {
  readonly reason: string;
  /** The same; it holds until then, or until it is released. */
  readonly until?: string | undefined;
}

/** A legal hold. What it covers is neither retired nor erased while it is active. Times are RFC 3339. */
export interface LegalHold extends HoldRequest {
  readonly id: string;
  readonly placedAt: string;
  readonly placedBy: string;
  readonly isActive: boolean;
  readonly releasedAt?: string;
  readonly releasedBy?: string;
  readonly releaseReason?: string;
}

/** The column of each field, and whether it is a time. */
const FIELDS: readonly (readonly [keyof LegalHold, string, boolean?])[] = [
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

const COLUMNS = [
  ...FIELDS.map(([name, column, isTime]) =>
    isTime === true
      ? `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "${name}"`
      : `${column}::text AS "${name}"`,
  ),
  `released_at IS NULL AND (until IS NULL OR until > now()) AS "isActive"`,
].join(', ');

const PLACE = `
  INSERT INTO audit_legal_hold (id, placed_by, reason, until, tenant_id, actor_id, resource_type, resource_id, occurred_from,
                                occurred_to) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${COLUMNS}`;
const LIST = `SELECT ${COLUMNS} FROM audit_legal_hold ORDER BY id DESC`;
const RELEASE = `
  UPDATE audit_legal_hold SET released_at = clock_timestamp(), released_by = $2, release_reason = $3
   WHERE id = $1 AND released_at IS NULL RETURNING ${COLUMNS}`;

/**
 * Places a legal hold; in force when it resolves.
 *
 * @throws InvalidHoldError (`AUDIT_HOLD_INVALID`)
 */
export async function placeHold(keeper: KeeperQueries, request: HoldRequest, placedBy: string): Promise<LegalHold> {
  const fields = Object.entries(request).filter(([, value]) => value !== null); // JSON has null for what is not given
  const given = Object.fromEntries(fields) as unknown as HoldRequest; // the same, but for these
  checkRequest(given, placedBy);
  const { reason, tenantId, actorId, resourceType, resourceId } = given;
  const [until, ...occurred] = [given.until, given.occurredFrom, given.occurredTo].map(
    (time) => time && timeOf(time).toISOString(),
  );
  const cover = [tenantId, actorId, resourceType, resourceId, ...occurred].map((value) => value ?? null);
  const [row = {}] = await keeper.rows(PLACE, [uuidv7(), placedBy, reason, until ?? null, ...cover]);
  return holdOf(row);
}

/** All legal holds, newest first, those that were released as well. */
export async function listHolds(keeper: KeeperQueries): Promise<readonly LegalHold[]> {
  return (await keeper.rows(LIST)).map(holdOf);
}

/**
 * Releases a legal hold.
 *
 * @throws UnknownHoldError (`AUDIT_HOLD_UNKNOWN`) when there is none of that id that is not released
 * @throws InvalidHoldError (`AUDIT_HOLD_INVALID`) when nobody says why
 */
export async function releaseHold(
  keeper: KeeperQueries,
  id: string,
  releasedBy: string,
  reason: string,
): Promise<LegalHold> {
  checkTexts({ reason, releasedBy }, 'release');
  const [row] = UUID.test(id) ? await keeper.rows(RELEASE, [id, releasedBy, reason]) : [];
  if (!row) throw new UnknownHoldError(id);
  return holdOf(row);
}

/** What a hold's events say of it. */
export function detailsOf({ id, until, placedBy, ...hold }: LegalHold): object {
  const { tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo } = hold;
  const cover = { tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo };
  return { holdId: id, placedBy, until, ...cover };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST_CHARACTERS = 1_000;

function checkRequest(request: HoldRequest, placedBy: string): void {
  const { reason, until, tenantId, actorId, resourceType, resourceId, occurredFrom, occurredTo } = request;
  checkTexts({ reason, placedBy, tenantId, actorId, resourceType, resourceId }, 'place');
  for (const [name, time] of Object.entries({ until, occurredFrom, occurredTo })) {
    if (time !== undefined && !isStorableTime(time))
      throw new InvalidHoldError(`${name} is no day and no RFC 3339 time`);
  }
  if ([tenantId, actorId, resourceType, occurredFrom, occurredTo].every((value) => value === undefined)) {
    throw new InvalidHoldError(
      resourceId === undefined ? 'it covers nothing' : 'resourceId is given without resourceType',
    );
  }
  if (resourceId !== undefined && resourceType === undefined) {
    throw new InvalidHoldError('resourceId is given without resourceType');
  }
  if (occurredFrom !== undefined && occurredTo !== undefined && timeOf(occurredFrom) >= timeOf(occurredTo)) {
    throw new InvalidHoldError('occurredFrom is not before occurredTo');
  }
  if (until !== undefined && timeOf(until).getTime() <= Date.now()) throw new InvalidHoldError('until is over');
}

function checkTexts(texts: Readonly<Record<string, string | undefined>>, act: 'place' | 'release'): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || (text.trim() !== '' && text.length <= MOST_CHARACTERS && isStorable(text))) continue;
    throw new InvalidHoldError(`${name} is empty, longer than ${MOST_CHARACTERS} characters, or no Unicode text`, act);
  }
}

/** PostgreSQL writes no year as 0000, and reads none with a sign. */
function isStorableTime(time: string): boolean {
  return isTime(time) && /^(?!0000)\d{4}-/.test(timeOf(time).toISOString());
}

function holdOf(row: Row): LegalHold {
  const fields = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(fields) as unknown as LegalHold; // the columns are named so, and the table has the constraints
}
