import type { CommitStatement, TransactionManager, TransactionScope } from '../../../audit/plain.js';
import { quoteText, textsOf } from './insert-batch.js';
import type { SealedRow } from './seal-row.js';

/** The result of the database's function, with the names of the client's own errors. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly constraint: string;
  readonly column: string;
}

/**
 * The statement that appends a batch of any size, with an array of the columns' texts as one parameter. It returns the reason if it did
 * not.
 *
 * @param schema of the ledger, quoted
 * @param lockWaitMs how long it may wait for a lock on the ledger, in milliseconds
 */
export function appendStatement(schema: string, batch: readonly SealedRow[], lockWaitMs: number): CommitStatement {
  return {
    text: `SELECT * FROM ${schema}.audit_event_append($1, $2)`,
    values: [`{${textsOf(batch).map(quoteText).join(',')}}`, String(lockWaitMs)],
  };
}

/**
 * Appends a batch to the ledger as part of the manager's transaction, in one round trip. Rejects with the database's error and code; the
 * transaction then stays unchanged, even if the caller runs other statements in it meanwhile.
 */
export async function appendInTransaction(
  manager: TransactionManager,
  { text, values }: CommitStatement,
): Promise<void> {
  const [refusal] = (await manager.query(text, [...values])) as readonly Refusal[];
  if (refusal) throw errorOf(refusal);
}

/**
 * Appends a batch together with the transaction's COMMIT. If it rejects with the database's refusal, the transaction is committed without
 * the batch.
 */
export async function appendWithCommit(
  withCommit: NonNullable<TransactionScope['withCommit']>,
  statement: CommitStatement,
): Promise<void> {
  const [row] = await withCommit(statement);
  if (!row) return;
  const [code, message, constraint, column] = row as readonly string[]; // in the order of the function's columns
  throw errorOf({ code, message, constraint, column } as Refusal);
}

function errorOf(refusal: Refusal): Error {
  return Object.assign(new Error(refusal.message), { severity: 'ERROR', ...refusal });
}
