import { VERIFIED_COLUMNS, type LedgerRow } from '../../../store/ledger-row.js';
import { encodeHex } from '../../log/notes/encoding.js';
import { CLOCK_TOLERANCE_MS } from './check-witnesses.js';
import { checkRow, whyRefused } from '../../../store/stored-rows/check-row.js';
import type { Stray } from './check-damage.js';
import type { Finding } from '../finding.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

const MAX_STRAYS = 10_000;
/** Pages are small, because any login that may add events can write rows of up to a MiB. */
const PAGE_ROWS = 16;

/** From a partition's bounds, PostgreSQL can find the partition of an id. */
const PARTITIONS = `
  SELECT relid::oid::text AS oid, coalesce(pg_get_partition_constraintdef(relid), 'true') AS bounds
    FROM pg_partition_tree('audit_event') WHERE isleaf`;

const IS_PLACE = 'leaf.index >= 0 AND leaf.index = leaf.index::bigint';

/** `isHome` is the SQL condition that a row is in the partition of its id; `isWanted` is the condition for the searched rows. */
const straysBy = (isHome: string, isWanted: string): string => `
  SELECT stray.id AS stray_id, stray.partition, stray.is_home FROM (
    SELECT stored.id, stored.partition, stored.is_home
      FROM (SELECT id, tableoid::regclass AS partition, (${isHome}) IS TRUE AS is_home
              FROM audit_event WHERE ${isWanted}) stored
      LEFT JOIN audit_leaf leaf ON leaf.event_id = stored.id AND ${IS_PLACE}
     WHERE NOT stored.is_home
        OR leaf.event_id IS NULL
     LIMIT ${MAX_STRAYS}) stray
   ORDER BY stray.id`;

/** A hash join that trusts the primary key may find no leaf for a second row of an id, which another check names. */
const ROWS = `
  SELECT stray.id AS stray_id, event.* FROM unnest($1::uuid[]) AS stray (id)
    LEFT JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = stray.id) event ON true
   WHERE NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = stray.id AND ${IS_PLACE})
   ORDER BY stray.id`;

const INBOX = `
  SELECT coalesce(sum(events), 0)::float8 AS events, extract(epoch FROM min(stored_at)) * 1000 AS stored_ms,
         (SELECT count(*) FROM audit_parked)::float8 AS parked FROM audit_inbox`;

export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface StoredPastLedger {
  /** Events that neither have a leaf nor wait to be sealed. */
  readonly strays: readonly Stray[];
  /** Events in a partition whose bounds exclude the events' ids. Lists show such events, but look-ups by id do not find them. */
  readonly misplaced: readonly Finding[];
}

/** Reads the events, from `fromId` on, that bypassed the ledger's triggers. */
export async function readStrays(snapshot: LedgerSession, fromId: string): Promise<StoredPastLedger> {
  const partitions = await snapshot.rows(PARTITIONS);
  const homes = partitions.map(({ oid, bounds }) => `WHEN '${String(oid)}'::oid THEN ${String(bounds)}`);
  const isHome = homes.length > 0 ? `CASE tableoid ${homes.join(' ')} END` : 'true';
  const isWanted = fromId === FIRST_ID ? '(id < $1) IS NOT TRUE' : 'id >= $1';
  const rows = await snapshot.rows(straysBy(isHome, isWanted), [fromId]);
  const homed = rows.filter((row) => row.is_home === true).map((row) => row.stray_id);
  const strays: Stray[] = [];
  for (let start = 0; start < homed.length; start += PAGE_ROWS) {
    const page = await snapshot.rows(ROWS, [homed.slice(start, start + PAGE_ROWS)], 'verify_strays');
    strays.push(...page.map(strayOf));
  }
  return { strays, misplaced: rows.filter((row) => row.is_home !== true).map(misplacedAs) };
}

function strayOf(row: LedgerRow): Stray {
  const checked = checkRow(row);
  const wrong = whyRefused(checked);
  return {
    eventId: String(row.stray_id),
    ...(checked.row ? { hash: encodeHex(checked.row) } : {}),
    ...(wrong === undefined ? {} : { wrong }),
    isUnreadable: checked.unreadable !== undefined,
  };
}

function misplacedAs({ stray_id: id, partition }: LedgerRow): Finding {
  if (id === null) {
    const what = `the partition ${String(partition)} has a row without an id: somebody inserted it directly`;
    return { kind: 'event_inserted', table: 'audit_event', what };
  }
  const what = `the partition ${String(partition)} has a row with this id, but its bounds exclude the id: somebody inserted it directly`;
  return { kind: 'event_inserted', table: 'audit_event', eventId: id as string, what }; // the column's type
}

export interface WaitingEvents {
  /** The number of lines in the inbox. */
  readonly count: number;
  /** The number of lines that cannot be sealed. */
  readonly parked: number;
  /** When the oldest line was stored, by the server's clock. */
  readonly since?: Date;
}

/** Counts the events that are not sealed yet. */
export async function countWaiting(snapshot: LedgerSession, nowMs: number): Promise<WaitingEvents> {
  const [inbox] = await snapshot.rows(INBOX);
  const count = Number(inbox?.events);
  const since = count === 0 ? {} : { since: new Date(storedMs(inbox?.stored_ms, nowMs)) };
  return { count, parked: Number(inbox?.parked), ...since };
}

/** An impossible time (before 1970, or in the future) becomes 0, so that the event counts as old. */
function storedMs(value: unknown, nowMs: number): number {
  const stored = Number(value ?? 0);
  return stored >= 0 && stored <= nowMs + CLOCK_TOLERANCE_MS ? stored : 0;
}
