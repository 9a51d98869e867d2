import { VERIFIED_COLUMNS, type LedgerRow } from '../store/ledger-row.js';
import { isSameHash } from '../log/merkle/hashes.js';
import { encodeHex } from '../log/notes/encoding.js';
import { CLOCK_TOLERANCE_MS } from './check-witnesses.js';
import { checkRow, whyRefused } from '../store/stored-rows/check-row.js';
import type { Stray } from './diagnose.js';
import type { Finding } from './finding.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { storedBytes } from './log-source.js';

const MAX_STRAYS = 10_000;
/** Pages are small, because any login that may add events can write rows of up to a MiB. */
const PAGE_ROWS = 16;

/** From a partition's bounds, PostgreSQL can find the partition of an id. */
const PARTITIONS = `
  SELECT relid::oid::text AS oid, coalesce(pg_get_partition_constraintdef(relid), 'true') AS bounds
    FROM pg_partition_tree('audit_event') WHERE isleaf`;

/** `isHome` is the SQL condition that a row is in the partition of its id; `isWanted` is the condition for the searched rows. */
const straysBy = (isHome: string, isWanted: string): string => `
  WITH waiting AS MATERIALIZED (SELECT unnest(event_ids) AS id FROM audit_unsequenced)
  SELECT stray.id AS stray_id, stray.partition, stray.is_home FROM (
    SELECT stored.id, stored.partition, stored.is_home
      FROM (SELECT id, tableoid::regclass AS partition, (${isHome}) IS TRUE AS is_home
              FROM audit_event WHERE ${isWanted}) stored
      LEFT JOIN audit_leaf leaf ON leaf.event_id = stored.id AND leaf.index >= 0 AND leaf.index = leaf.index::bigint
     WHERE NOT stored.is_home
        OR leaf.event_id IS NULL AND NOT EXISTS (SELECT FROM waiting WHERE waiting.id = stored.id)
     LIMIT ${MAX_STRAYS}) stray
   ORDER BY stray.id`;

const ROWS = `
  SELECT stray.id AS stray_id, event.* FROM unnest($1::uuid[]) AS stray (id)
    LEFT JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = stray.id) event ON true ORDER BY stray.id`;

const WAITING = `
  DECLARE verify_waiting NO SCROLL CURSOR FOR
  SELECT waiting.event_id AS place_event_id, waiting.leaf_hash AS place_hash,
         extract(epoch FROM queue.stored_at) * 1000 AS stored_ms,
         EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = waiting.event_id) AS is_sealed, event.*
    FROM audit_unsequenced queue,
         LATERAL unnest(queue.event_ids, queue.leaf_hashes) AS waiting (event_id, leaf_hash)
    LEFT JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = waiting.event_id) event ON true`;

const WAITING_TWICE = `
  SELECT id FROM audit_unsequenced, unnest(event_ids) AS id GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT ${MAX_STRAYS}`;

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
  /** The number of rows of `audit_event` that wait. */
  readonly count: number;
  /** The number of lines in the inbox. */
  readonly inInbox: number;
  /** The number of lines that cannot be sealed. */
  readonly parked: number;
  /** When the oldest event was stored, by the server's clock. The time in an id is not used, because an id may state any time. */
  readonly since?: Date;
  readonly findings: readonly Finding[];
}

/** Compares the events that are not sealed yet with their queued hashes. */
export async function checkWaiting(snapshot: LedgerSession, nowMs: number): Promise<WaitingEvents> {
  await snapshot.rows(WAITING);
  const findings: Finding[] = [];
  let count = 0;
  let oldest: number | undefined;
  for (;;) {
    const rows = await snapshot.rows(`FETCH ${PAGE_ROWS} FROM verify_waiting`);
    for (const row of rows) {
      const eventId = String(row.place_event_id);
      count += 1;
      oldest = Math.min(storedMs(row.stored_ms, nowMs), oldest ?? Infinity);
      if (findings.length >= MAX_STRAYS) continue;
      if (row.is_sealed === true) findings.push(waitsAgain(eventId));
      findings.push(...checkWaitingRow(eventId, row));
    }
    if (rows.length === 0) break;
  }
  await snapshot.rows('CLOSE verify_waiting');
  const [inbox] = await snapshot.rows(INBOX);
  const inInbox = Number(inbox?.events);
  if (inInbox > 0) oldest = Math.min(storedMs(inbox?.stored_ms, nowMs), oldest ?? Infinity);
  for (const { id } of await snapshot.rows(WAITING_TWICE)) findings.push(waitsAgain(String(id)));
  return {
    count,
    inInbox,
    parked: Number(inbox?.parked),
    ...(oldest === undefined ? {} : { since: new Date(oldest) }),
    findings,
  };
}

/** An impossible time (before 1970, or in the future) becomes 0, so that the event counts as old. */
function storedMs(value: unknown, nowMs: number): number {
  const stored = Number(value ?? 0);
  return stored >= 0 && stored <= nowMs + CLOCK_TOLERANCE_MS ? stored : 0;
}

function waitsAgain(eventId: string): Finding {
  const what = 'it waits to be sealed, but is sealed already, or waits twice: somebody queued it directly';
  return { kind: 'event_duplicated', table: 'audit_unsequenced', eventId, what };
}

function checkWaitingRow(eventId: string, row: LedgerRow): readonly Finding[] {
  const at = { table: 'audit_event', eventId };
  if (row.id === null) return [{ ...at, kind: 'event_missing', what: 'it waits to be sealed, but is missing' }];
  const { row: computed, own, personal, unreadable } = checkRow(row);
  const queued = storedBytes(row.place_hash);
  const findings: Finding[] = personal === undefined ? [] : [{ ...at, kind: 'personal_altered', what: personal }];
  if (unreadable !== undefined) findings.push({ ...at, kind: 'event_unreadable', what: unreadable });
  else if (!computed || !isSameHash(computed, queued) || !isSameHash(own, queued)) {
    const what = 'it waits to be sealed, but was changed after it was stored';
    findings.push({ ...at, kind: 'event_altered', what });
  }
  return findings;
}
