import type { TransactionManager } from '../../../audit/plain.js';
import { EVENT_COLUMNS } from './event-columns.js';
import type { SealedRow } from './seal-row.js';

/** What the database's function returns, named as in the client's own errors. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly constraint: string;
  readonly column: string;
}

/**
 * Appends the batch to the ledger as part of the manager's transaction, in one round trip. Rejects with the database's error
 * and code; the transaction is as it was, whatever the caller runs in it at the same time.
 *
 * @param schema of the ledger, quoted
 * @param lockWaitMs how long it may wait for a lock that somebody holds on the ledger, in milliseconds
 */
export async function appendInTransaction(
  manager: TransactionManager,
  schema: string,
  batch: readonly SealedRow[],
  lockWaitMs: number,
): Promise<void> {
  const rows = await manager.query(`SELECT * FROM ${schema}.audit_event_append($1, $2)`, [jsonOf(batch), lockWaitMs]);
  const [refusal] = rows as readonly Refusal[];
  if (refusal) throw Object.assign(new Error(refusal.message), { severity: 'ERROR', ...refusal });
}

/** One parameter for a batch of any size: an array of rows. */
function jsonOf(batch: readonly SealedRow[]): string {
  return `[${batch.map(rowOf).join(',')}]`;
}

/** The JSON values are texts of JSON already. */
function rowOf(row: SealedRow): string {
  const fields = EVENT_COLUMNS.map(({ name, isJson, valueOf }) => {
    const value = valueOf(row);
    return `"${name}":${isJson && typeof value === 'string' ? value : JSON.stringify(value)}`;
  });
  return `{${fields.join(',')}}`;
}
