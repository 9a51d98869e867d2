import { FIRST_ID } from '../../../store/id-time.js';
import { NO_FINDINGS, tableCheck, type CheckResult } from '../check.js';
import type { Finding } from '../finding.js';
import { checkDamage } from './check-damage.js';
import { checkExtraRows } from './check-extra-rows.js';
import { checkHead } from './check-head.js';
import { checkLeaves } from './check-leaves.js';
import { checkStart } from './check-start.js';
import { checkStrays } from './check-strays.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

/** An index that was disabled for a while lacks rows, so statements read the tables without indexes. */
const PAST_INDEXES = `
  SELECT set_config('enable_indexscan', $1, true), set_config('enable_indexonlyscan', $1, true), set_config('enable_bitmapscan', $1, true),
         set_config('enable_seqscan', 'on', true)`;

const COUNTS = 'SELECT (SELECT count(*) FROM audit_event) AS events, (SELECT count(*) FROM audit_leaf) AS leaves';
const MAX_ROWS = 1_000;
const EVENTS_TWICE = `SELECT id AS at FROM audit_event GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT ${MAX_ROWS}`;
const LEAVES_TWICE = `SELECT index AS at FROM audit_leaf GROUP BY index HAVING count(*) > 1 ORDER BY index LIMIT ${MAX_ROWS}`;

/**
 * Compares the number of rows in the tables with the number that look-ups by id and by index found. An attacker who can change the system
 * catalogue can hide a row from an index. Then lists of events show the row, but look-ups do not find it. Damage changes the numbers, too, so
 * the check is skipped if another check of rows found any, or if not all rows were read.
 */
export const checkHiddenRows = tableCheck(NO_FINDINGS, async (tables, run) => {
  const { size, options } = run.log;
  const { straysFromId = FIRST_ID } = options;
  if ((await run.of(checkStart)).edge.size > 0 || straysFromId !== FIRST_ID) return {};
  for (const check of [checkHead, checkLeaves, checkExtraRows, checkStrays, checkDamage])
    if ((await run.of<CheckResult>(check)).findings?.length) return {};
  const seen = { leaves: size + (await run.of(checkHead)).unsigned, retired: (await run.of(checkLeaves)).retired };
  return { findings: await findHiddenRows(tables, { leaves: seen.leaves, events: seen.leaves - seen.retired }) };
});

async function findHiddenRows(
  snapshot: LedgerSession,
  seen: { readonly events: number; readonly leaves: number },
): Promise<readonly Finding[]> {
  await snapshot.rows(PAST_INDEXES, ['off']);
  try {
    const [row] = await snapshot.rows(COUNTS);
    const [events, leaves] = [Number(row?.events), Number(row?.leaves)];
    return [
      ...(events > seen.events ? await findTwice(snapshot, 'audit_event', events - seen.events) : []),
      ...(leaves > seen.leaves ? await findTwice(snapshot, 'audit_leaf', leaves - seen.leaves) : []),
    ];
  } finally {
    await snapshot.rows(PAST_INDEXES, ['on']);
  }
}

async function findTwice(
  snapshot: LedgerSession,
  table: 'audit_event' | 'audit_leaf',
  more: number,
): Promise<readonly Finding[]> {
  const isEvent = table === 'audit_event';
  const what = `${table} has ${more} more row(s) than its index finds. REINDEX the table on a copy, and verify the copy`;
  const kind = isEvent ? 'event_duplicated' : 'leaf_inserted';
  const rows = await snapshot.rows(isEvent ? EVENTS_TWICE : LEAVES_TWICE);
  if (rows.length === 0) return [{ kind, table, what }];
  return rows.map(({ at }) => ({ kind, table, ...(isEvent ? { eventId: String(at) } : { index: Number(at) }), what }));
}
