import type { CommitStatement, TransactionManager, TransactionScope } from '../../../audit/plain.js';
import { quoteText, textsOf } from './insert-batch.js';
import type { SealedRow } from './seal-row.js';

/** The properties have the same names as in errors of the database client. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly constraint: string;
  readonly column: string;
}

/**
 * Returns the statement that appends a batch of any size. The first parameter is an array with one text for each column. If the append
 * fails, the statement returns the error as a row.
 *
 * @param schema the ledger's schema, quoted
 * @param lockWaitMs the maximum wait for a lock on the ledger, in milliseconds
 */
export function appendStatement(schema: string, batch: readonly SealedRow[], lockWaitMs: number): CommitStatement {
  return {
    text: `SELECT * FROM ${schema}.audit_event_append($1::pg_catalog.text[], $2::pg_catalog.int4)`,
    values: [`{${textsOf(batch).map(quoteText).join(',')}}`, String(lockWaitMs)],
  };
}

/**
 * Appends a batch to the ledger in the transaction of `manager`, in one round trip. Rejects with the message and the code of the database's
 * error. After an error, the caller's transaction is still valid. Other queries of the caller may run at the same time.
 */
export async function appendInTransaction(
  manager: TransactionManager,
  { text, values }: CommitStatement,
): Promise<void> {
  const [refusal] = (await manager.query(text, [...values])) as readonly Refusal[];
  if (refusal) throw errorOf(refusal);
}

/**
 * Appends a batch to the ledger in the same round trip as the COMMIT of the transaction. If the database refuses the batch, the call
 * rejects, but the transaction is committed.
 */
export async function appendWithCommit(
  withCommit: NonNullable<TransactionScope['withCommit']>,
  statement: CommitStatement,
): Promise<void> {
  const [row] = await withCommit(statement);
  if (!row) return;
  const [code, message, constraint, column] = row as readonly string[]; // the database function returns the columns in this order
  throw errorOf({ code, message, constraint, column } as Refusal);
}

function errorOf(refusal: Refusal): Error {
  return Object.assign(new Error(refusal.message), { severity: 'ERROR', ...refusal });
}
