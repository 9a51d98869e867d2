import { readState, signState } from '../monitoring/acts/signed-state.js';
import type { StatementSigner } from '../monitoring/log/notes/statement.js';
import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import type { LedgerRow } from '../monitoring/store/ledger-row.js';
import type { KnownLedger } from '../monitoring/store/health-part.js';

/** The row of `audit_watch`: a note of the ledger's key, and what of it is shown. */
export interface WatchRow {
  /** The next place to look at. */
  readonly place: number;
  /** When rules ran last, in milliseconds since 1970. */
  readonly lookedAtMs: number;
  readonly note: string;
}

/** The columns of a {@link WatchRow}, as SQL. */
export const WATCH_COLUMNS = `
  place::float8 AS place, round(extract(epoch FROM looked_at) * 1000)::float8 AS "lookedAtMs", note`;

/** Asks for a {@link WatchRow}, how many sealed events the rules have not looked at, and how long ago an instance ran them, in seconds. */
export const WATCHED = `
  SELECT watch.*, greatest(coalesce((SELECT max(size) FROM audit_checkpoint), 0) - place, 0)::float8 AS "lagEvents",
         greatest(extract(epoch FROM clock_timestamp())::float8 - "lookedAtMs" / 1000, 0) AS "lookedSeconds"
    FROM (SELECT ${WATCH_COLUMNS} FROM audit_watch) AS watch`;

/** How far the rules have looked, by a row that is to be held against its note. */
export interface WatchState extends WatchRow {
  readonly lagEvents: number;
  readonly lookedSeconds: number;
}

/** How far the rules have looked, as of now; `undefined` before they first did. */
export function watchStateOf({ answers, ageSeconds }: KnownLedger): WatchState | undefined {
  const row = answers.get(WATCHED) as (WatchState & LedgerRow) | undefined; // the types of the columns
  return row && { ...row, lookedSeconds: row.lookedSeconds + ageSeconds };
}

/** Where the rules are, as the ledger's key signs it. */
export interface WatchCursor {
  /** The next place to look at. */
  readonly place: number;
  /** When rules ran last, in milliseconds since 1970, by the server's clock. */
  readonly lookedAtMs: number;
  /** The key of the groups' digests, base64. */
  readonly salt: string;
}

/** The note to keep. */
export function signCursor(signer: StatementSigner, place: WatchCursor): string {
  return signState(signer, 'watch-cursor', { ...place });
}

/** What the ledger's key signed of a row; `undefined` for a row that says anything else. */
export function placeOf({ note, place, lookedAtMs }: WatchRow, trust: CheckpointTrust): WatchCursor | undefined {
  const signed = readState(note, 'watch-cursor', trust) as WatchCursor | undefined; // signed, so it is what signCursor wrote
  return signed?.place === place && signed.lookedAtMs === lookedAtMs ? signed : undefined;
}
