import { runSql } from '../../../support/sql.js';
import type { SeenResponse } from './load.js';
import { requestIdPrefix } from '../../../support/request-ids.js';

/** What of the responses that clients saw is not in the ledger exactly once. */
export interface LedgerFaults {
  /** Seen, and not in the ledger. */
  readonly missing: readonly SeenResponse[];
  /** Request ids that more than one row has, each with the types of its rows and their reasons. */
  readonly twice: readonly string[];
}

/**
 * Compares the responses with the ledger's rows whose request ids begin with `prefix`. Each request of the load makes one
 * event, so a second row of a request id is an event stored twice. Except where the answer to a COMMIT was lost: what the
 * transaction stored is there if PostgreSQL committed it, and then the failure that the client was told.
 */
export async function findLedgerFaults(
  databaseUrl: string,
  prefix: string,
  expected: readonly SeenResponse[],
): Promise<LedgerFaults> {
  const rows = await runSql(
    databaseUrl,
    `SELECT request_id, count(*)::int AS times, string_agg(outcome, ' then ' ORDER BY id) AS outcomes, string_agg(concat_ws(' ', type, id, reason), ', ' ORDER BY id) AS events
       FROM audit_event WHERE starts_with(request_id, $1) GROUP BY request_id`,
    [requestIdPrefix(prefix)],
  );
  const times = new Map(rows.map((row) => [row.request_id, Number(row.times)]));
  const told = new Map(expected.map(({ requestId, status }) => [requestId, status]));
  const isInDoubt = ({ request_id: id, outcomes }: Readonly<Record<string, unknown>>): boolean =>
    outcomes === 'success then failure' && (told.get(String(id)) ?? 500) >= 500;
  return {
    missing: expected.filter(({ requestId }) => !times.has(requestId)),
    twice: rows
      .filter((row) => Number(row.times) > 1 && !isInDoubt(row))
      .map((row) => `${String(row.request_id)}: ${String(row.events)}`),
  };
}
