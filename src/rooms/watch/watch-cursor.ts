import { readState, signState } from '../../monitoring/keep/acts/signed-state.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { KnownLedger } from '../../monitoring/store/ledger-state.js';
import { firstIdAt } from '../../monitoring/store/id-time.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import type { LedgerQueries, LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';

interface Position {
  /** The next sequence number to process. */
  readonly place: number;
  /** When the rules last ran, according to the server's clock, in milliseconds since 1970. */
  readonly lookedAtMs: number;
}

/** Only the row's signed note can be trusted. */
interface WatchRow extends Position {
  readonly note: string;
}

/** The signed position of the rules. */
export type WatchCursor = Position;

/** The row of `audit_watch`, with facts for a health check. */
export interface WatchState extends WatchRow {
  /** The number of sealed events that the rules have not processed. */
  readonly lagEvents: number;
  /** The seconds since an instance last ran the rules. */
  readonly lookedSeconds: number;
}

/** The row of `audit_watch`, locked by a transaction. */
export interface LockedRow extends WatchRow {
  readonly size: number;
  readonly nowMs: number;
  /** Whether this transaction made the row. */
  readonly isNew: boolean;
}

const COLUMNS = `
  place::float8 AS place, round(extract(epoch FROM looked_at) * 1000)::float8 AS "lookedAtMs", note`;

export const WATCHED = `
  SELECT watch.*, greatest(coalesce((SELECT max(size) FROM audit_checkpoint), 0) - place, 0)::float8 AS "lagEvents",
         greatest(extract(epoch FROM clock_timestamp())::float8 - "lookedAtMs" / 1000, 0) AS "lookedSeconds"
    FROM (SELECT ${COLUMNS} FROM audit_watch) AS watch`;

/** Only one instance runs the rules at a time. Other instances skip the locked row. */
const LOCK = `
  SELECT ${COLUMNS}, (SELECT coalesce(max(size), 0) FROM audit_checkpoint)::float8 AS size,
         round(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
    FROM audit_watch FOR UPDATE SKIP LOCKED`;

const BEGIN = `
  INSERT INTO audit_watch (place, note) SELECT 0, '' WHERE NOT EXISTS (SELECT FROM audit_watch) ON CONFLICT DO NOTHING RETURNING place`;

const MOVE = 'UPDATE audit_watch SET place = $1, looked_at = to_timestamp($2::float8 / 1000), note = $3';

/** Searches by the event ids in the log, because the times of checkpoints are not signed. */
const FIRST_SINCE = `
  SELECT min(index)::float8 AS place FROM (SELECT index FROM audit_leaf WHERE event_id >= $1 OFFSET 0) AS recent`;

/** Creates the row if it is missing, and locks it until the transaction ends. Resolves with `undefined` if another instance has the lock. */
export async function lockRow(session: LedgerSession): Promise<LockedRow | undefined> {
  const isNew = (await session.rows(BEGIN)).length > 0;
  const [row] = await session.rows(LOCK);
  return row && { ...(row as unknown as Omit<LockedRow, 'isNew'>), isNew }; // the types of the columns
}

/** Stores and signs a new position of the rules. */
export async function moveTo(session: LedgerSession, cursor: WatchCursor, signer: StatementSigner): Promise<void> {
  await session.rows(MOVE, [cursor.place, cursor.lookedAtMs, await signCursor(signer, cursor)]);
}

/** Finds the first sequence number of an event that was accepted since a moment. Resolves with `size` if no such event is below `size`. */
export async function firstPlaceSince(session: LedgerSession, sinceMs: number, size: number): Promise<number> {
  const [row] = await session.rows(FIRST_SINCE, [firstIdAt(new Date(sinceMs))]);
  return typeof row?.place === 'number' ? Math.min(row.place, size) : size;
}

/** Returns the current position of the rules; `undefined` before the first run of the rules. */
export function watchStateOf({ roomRows, ageSeconds }: KnownLedger): WatchState | undefined {
  const row = roomRows.get(WATCHED) as (WatchState & LedgerRow) | undefined; // the types of the columns
  return row && { ...row, lookedSeconds: row.lookedSeconds + ageSeconds };
}

export async function signCursor(signer: StatementSigner, cursor: WatchCursor): Promise<string> {
  return signState(signer, 'watch-cursor', { ...cursor });
}

/**
 * Reads the signed cursor. Resolves with `undefined` if rules never ran, or the row contradicts its note. Rejects with the error of the
 * PostgreSQL client.
 */
export async function readCursor(session: LedgerQueries, trust: CheckpointTrust): Promise<WatchCursor | undefined> {
  const [row] = await session.rows(`SELECT ${COLUMNS} FROM audit_watch`);
  return row && cursorOf(row as unknown as WatchRow, trust); // the types of the columns
}

/** Returns the signed cursor of a row; `undefined` if the row contradicts its note. */
export function cursorOf({ note, place, lookedAtMs }: WatchRow, trust: CheckpointTrust): WatchCursor | undefined {
  const signed = readState(note, 'watch-cursor', trust) as WatchCursor | undefined; // signCursor wrote it
  return signed?.place === place && signed.lookedAtMs === lookedAtMs ? signed : undefined;
}
