import { FIRST_ID } from '../../../store/id-time.js';
import { VERIFIED_COLUMNS, type LedgerRow } from '../../../store/ledger-row.js';
import { encodeHex } from '../../log/notes/encoding.js';
import { checkRow, findRowProblem } from '../../../store/stored-rows/check-row.js';
import { tableCheck, type CheckResult } from '../check.js';
import type { Finding } from '../finding.js';

const MAX_STRAYS = 10_000;
/** Pages are small, because any login that may add events can write rows of up to a MiB. */
const PAGE_ROWS = 16;

/** From a partition's bounds, PostgreSQL can find the partition of an id. */
const PARTITIONS = `
  SELECT relid::oid::text AS oid, coalesce(pg_get_partition_constraintdef(relid), 'true') AS bounds
    FROM pg_partition_tree('audit_event') WHERE isleaf`;

const IS_VALID_INDEX = 'leaf.index >= 0 AND leaf.index = leaf.index::bigint';

/** `isHome` is the SQL condition that a row is in the partition of its id; `isWanted` is the condition for the searched rows. */
const selectStrays = (isHome: string, isWanted: string): string => `
  SELECT stray.id AS stray_id, stray.partition, stray.is_home FROM (
    SELECT stored.id, stored.partition, stored.is_home
      FROM (SELECT id, tableoid::regclass AS partition, (${isHome}) IS TRUE AS is_home
              FROM audit_event WHERE ${isWanted}) stored
      LEFT JOIN audit_leaf leaf ON leaf.event_id = stored.id AND ${IS_VALID_INDEX}
     WHERE NOT stored.is_home
        OR leaf.event_id IS NULL
     LIMIT ${MAX_STRAYS}) stray
   ORDER BY stray.id`;

/** A hash join that trusts the primary key may find no leaf for a second row of an id, which another check names. */
const ROWS = `
  SELECT stray.id AS stray_id, event.* FROM unnest($1::uuid[]) AS stray (id)
    LEFT JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = stray.id) event ON true
   WHERE NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = stray.id AND ${IS_VALID_INDEX})
   ORDER BY stray.id`;

/** A stored event that neither has a leaf nor waits to be sealed. */
export interface Stray {
  readonly eventId: string;
  /** The leaf hash that the event would have, in hexadecimal; absent if the event cannot be sealed. */
  readonly hash?: string;
  /** Why the ledger's writer cannot have stored the row, as a clause; absent for a plausible row. */
  readonly wrong?: string;
  readonly isUnreadable: boolean;
}

interface FoundStrays extends CheckResult {
  /** Events that neither have a leaf nor wait to be sealed. */
  readonly strays: readonly Stray[];
}

/**
 * Finds the events that bypassed the ledger's triggers. An event in a partition whose bounds exclude the event's id is a finding: lists show
 * such an event, but look-ups by id do not find it.
 */
export const checkStrays = tableCheck<FoundStrays>({ strays: [] }, async (tables, { log }) => {
  const { straysFromId: fromId = FIRST_ID } = log.options;
  const partitions = await tables.rows(PARTITIONS);
  const homes = partitions.map(({ oid, bounds }) => `WHEN '${String(oid)}'::oid THEN ${String(bounds)}`);
  const isHome = homes.length > 0 ? `CASE tableoid ${homes.join(' ')} END` : 'true';
  const isWanted = fromId === FIRST_ID ? '(id < $1) IS NOT TRUE' : 'id >= $1';
  const rows = await tables.rows(selectStrays(isHome, isWanted), [fromId]);
  const homed = rows.filter((row) => row.is_home === true).map((row) => row.stray_id);
  const strays: Stray[] = [];
  for (let start = 0; start < homed.length; start += PAGE_ROWS) {
    const page = await tables.rows(ROWS, [homed.slice(start, start + PAGE_ROWS)], 'verify_strays');
    strays.push(...page.map(toStray));
  }
  return { strays, findings: rows.filter((row) => row.is_home !== true).map(toMisplacedFinding) };
});

function toStray(row: LedgerRow): Stray {
  const checked = checkRow(row);
  const wrong = findRowProblem(checked);
  return {
    eventId: String(row.stray_id),
    ...(checked.row ? { hash: encodeHex(checked.row) } : {}),
    ...(wrong === undefined ? {} : { wrong }),
    isUnreadable: checked.unreadable !== undefined,
  };
}

function toMisplacedFinding({ stray_id: id, partition }: LedgerRow): Finding {
  if (id === null) {
    const what = `the partition ${String(partition)} has a row without an id: somebody inserted it directly`;
    return { kind: 'event_inserted', table: 'audit_event', what };
  }
  const what = `the partition ${String(partition)} has a row with this id, but its bounds exclude the id: somebody inserted it directly`;
  return { kind: 'event_inserted', table: 'audit_event', eventId: id as string, what }; // the column's type
}
