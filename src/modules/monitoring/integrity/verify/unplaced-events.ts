import type { LedgerRow } from '../../ledger/ledger-row.js';
import { timeOfId } from '../../ledger/id-time.js';
import { isSameHash } from '../merkle/index.js';
import { checkRow } from './check-row.js';
import { hex, type Stray } from './diagnose.js';
import type { Finding } from './finding.js';
import type { Snapshot } from './snapshot.js';
import { VERIFIED_COLUMNS } from './verified-columns.js';

/** More are not looked for: a ledger with that many is not repaired by naming each. */
const MAX_STRAYS = 10_000;
const PAGE_ROWS = 512;

const STRAYS = `
  WITH waiting AS MATERIALIZED (SELECT unnest(event_ids) AS id FROM audit_unsequenced)
  SELECT event.* FROM (
    SELECT id FROM audit_event stored
     WHERE id >= $1
       AND NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = stored.id)
       AND NOT EXISTS (SELECT FROM waiting WHERE waiting.id = stored.id)
     LIMIT ${MAX_STRAYS}) stray
  JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = stray.id) event ON true`;

const WAITING = `
  DECLARE verify_waiting NO SCROLL CURSOR FOR
  SELECT waiting.event_id AS place_event_id, waiting.leaf_hash AS place_hash, event.*
    FROM audit_unsequenced queue,
         LATERAL unnest(queue.event_ids, queue.leaf_hashes) AS waiting (event_id, leaf_hash)
    LEFT JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = waiting.event_id) event ON true`;

/** The smallest id of all. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Reads the events from an id on that no leaf and no waiting place is of: they went past the ledger's triggers. */
export async function readStrays(snapshot: Snapshot, fromId: string): Promise<readonly Stray[]> {
  const rows = await snapshot.rows(STRAYS, [fromId]);
  return rows.map((row) => {
    const { row: computed } = checkRow(row);
    return { eventId: String(row.id), ...(computed ? { hash: hex(computed) } : {}) };
  });
}

/** The events that wait for their places. */
export interface WaitingEvents {
  readonly count: number;
  /** Of the oldest, by its id. */
  readonly since?: Date;
  readonly findings: readonly Finding[];
}

/** Checks the events that are not sealed yet, against the hashes that they were queued with. */
export async function checkWaiting(snapshot: Snapshot): Promise<WaitingEvents> {
  await snapshot.rows(WAITING);
  const findings: Finding[] = [];
  let count = 0;
  let oldest: string | undefined;
  for (;;) {
    const rows = await snapshot.rows(`FETCH ${PAGE_ROWS} FROM verify_waiting`);
    for (const row of rows) {
      const eventId = String(row.place_event_id);
      count += 1;
      if (oldest === undefined || eventId < oldest) oldest = eventId;
      if (findings.length < MAX_STRAYS) findings.push(...checkWaitingRow(eventId, row));
    }
    if (rows.length === 0) break;
  }
  await snapshot.rows('CLOSE verify_waiting');
  return { count, ...(oldest === undefined ? {} : { since: timeOfId(oldest) }), findings };
}

function checkWaitingRow(eventId: string, row: LedgerRow): readonly Finding[] {
  const at = { table: 'audit_event', eventId };
  if (row.id === null) return [{ ...at, kind: 'event_missing', what: 'it waits for its place, and is gone' }];
  const { row: computed, own, personal, unreadable } = checkRow(row);
  const queued = row.place_hash as Buffer; // the column's type
  const findings: Finding[] = personal === undefined ? [] : [{ ...at, kind: 'personal_altered', what: personal }];
  if (!computed || !isSameHash(computed, queued) || !isSameHash(own, queued)) {
    const what = unreadable ?? 'it waits for its place, and is not what it was when it was stored';
    findings.push({ ...at, kind: 'event_altered', what });
  }
  return findings;
}
