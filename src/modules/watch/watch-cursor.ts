import { readState, signState } from '../monitoring/acts/signed-state.js';
import type { StatementSigner } from '../monitoring/log/notes/statement.js';
import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import type { LedgerRow } from '../monitoring/store/ledger-row.js';
import type { KnownLedger } from '../monitoring/store/health-part.js';

/** The row of `audit_watch`: a note of the ledger's key, and the columns that are shown. */
export interface WatchRow {
  /** The next place to process. */
  readonly place: number;
  /** When rules ran last, in milliseconds since 1970. */
  readonly lookedAtMs: number;
  readonly note: string;
}

/** The SQL columns of a {@link WatchRow}. */
export const WATCH_COLUMNS = `
  place::float8 AS place, round(extract(epoch FROM looked_at) * 1000)::float8 AS "lookedAtMs", note`;

/** Reads a {@link WatchRow}, the number of sealed events that the rules have not processed, and the seconds since an instance ran them. */
export const WATCHED = `
  SELECT watch.*, greatest(coalesce((SELECT max(size) FROM audit_checkpoint), 0) - place, 0)::float8 AS "lagEvents",
         greatest(extract(epoch FROM clock_timestamp())::float8 - "lookedAtMs" / 1000, 0) AS "lookedSeconds"
    FROM (SELECT ${WATCH_COLUMNS} FROM audit_watch) AS watch`;

/** The position of the rules, by a row that must be compared with its note. */
export interface WatchState extends WatchRow {
  readonly lagEvents: number;
  readonly lookedSeconds: number;
}

/** The position of the rules, as of now; `undefined` before their first run. */
export function watchStateOf({ answers, ageSeconds }: KnownLedger): WatchState | undefined {
  const row = answers.get(WATCHED) as (WatchState & LedgerRow) | undefined; // the types of the columns
  return row && { ...row, lookedSeconds: row.lookedSeconds + ageSeconds };
}

/** The position of the rules, as the ledger's key signs it. */
export interface WatchCursor {
  /** The next place to process. */
  readonly place: number;
  /** When rules ran last, in milliseconds since 1970, by the server's clock. */
  readonly lookedAtMs: number;
  /** The key of the groups' digests, base64. */
  readonly salt: string;
}

/** Signs a cursor as a note to keep. */
export function signCursor(signer: StatementSigner, place: WatchCursor): string {
  return signState(signer, 'watch-cursor', { ...place });
}

/** The signed cursor of a row; `undefined` if the row contradicts its note. */
export function placeOf({ note, place, lookedAtMs }: WatchRow, trust: CheckpointTrust): WatchCursor | undefined {
  const signed = readState(note, 'watch-cursor', trust) as WatchCursor | undefined; // signed, so it is what signCursor wrote
  return signed?.place === place && signed.lookedAtMs === lookedAtMs ? signed : undefined;
}
