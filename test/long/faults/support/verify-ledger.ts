import { settled } from '../../../support/settled.js';
import { runSql } from '../../../support/sql.js';
import type { SeenResponse } from './load.js';
import { requestIdPrefix } from '../../../support/request-ids.js';

export interface LedgerFaults {
  readonly missing: readonly SeenResponse[];
  readonly twice: readonly string[];
}

/**
 * Waits until all that is stored is sealed. Each request makes one event. If a COMMIT's answer was lost, the ledger may hold the stored event
 * and the reported failure.
 */
export async function findLedgerFaults(
  databaseUrl: string,
  prefix: string,
  expected: readonly SeenResponse[],
): Promise<LedgerFaults> {
  await settled({ sql: (text) => runSql(databaseUrl, text) });
  const rows = await runSql(
    databaseUrl,
    `SELECT request_id, count(*)::int AS times, string_agg(outcome, ' then ' ORDER BY id) AS outcomes, string_agg(concat_ws(' ', type, id, reason), ', ' ORDER BY id) AS events
       FROM audit_event WHERE starts_with(request_id, $1) GROUP BY request_id`,
    [requestIdPrefix(prefix)],
  );
  const times = new Map(rows.map((row) => [row.request_id, Number(row.times)]));
  const reported = new Map(expected.map(({ requestId, status }) => [requestId, status]));
  const isInDoubt = ({ request_id: id, outcomes }: Readonly<Record<string, unknown>>): boolean =>
    outcomes === 'success then failure' && (reported.get(String(id)) ?? 500) >= 500;
  return {
    missing: expected.filter(({ requestId }) => !times.has(requestId)),
    twice: rows
      .filter((row) => Number(row.times) > 1 && !isInDoubt(row))
      .map((row) => `${String(row.request_id)}: ${String(row.events)}`),
  };
}
