import {
  errorMessage,
  parseJson,
  type CommitStatement,
  type TransactionManager,
  type TransactionScope,
} from '../../audit/nest-free.js';
import { quoteText } from '../store/insert-batch.js';
import { ledgerErrors } from '../errors/ledger.errors.js';
import type { InboxRows } from './inbox-row.js';

/**
 * Returns the statement that stores rows within a transaction. If that fails, the statement returns the error in its only column.
 *
 * @param schema the ledger's schema, quoted
 * @param lockWaitMs the maximum wait for a lock on the inbox, in milliseconds
 */
export function acceptStatement(
  schema: string,
  { version, seeds, macs, bodies, keyId = '' }: InboxRows,
  lockWaitMs: number,
): CommitStatement {
  return {
    text: `
      SELECT ${schema}.audit_accept($1::pg_catalog.int2, $2::pg_catalog.bytea[], $3::pg_catalog.bytea[], $4::pg_catalog.text[],
               $5::pg_catalog.int4, $6::pg_catalog.text) AS refusal`,
    values: [
      String(version),
      arrayOf(seeds.map(quoteBytes)),
      arrayOf(macs.map((mac) => (mac === null ? 'NULL' : quoteBytes(mac)))),
      arrayOf(bodies.map(quoteText)),
      String(lockWaitMs),
      keyId,
    ],
  };
}

/** What `audit_accept` returns. */
const UNKNOWN_WRITER = 'unknown writer';

const arrayOf = (elements: readonly string[]): string => `{${elements.join(',')}}`;
const quoteBytes = (bytes: Buffer): string => String.raw`"\\x${bytes.toString('hex')}"`;

/**
 * Stores rows in the transaction of `manager`, in one round trip. Rejects with the message and the code of the database's error. After an
 * error, the caller's transaction is still valid. Other queries of the caller may run at the same time.
 */
export async function acceptInTransaction(
  manager: TransactionManager,
  { text, values }: CommitStatement,
): Promise<void> {
  const [row] = (await manager.query(text, [...values])) as readonly { readonly refusal: string | null }[]; // the only column
  if (row) throwRefusal(row.refusal);
}

/**
 * Stores rows in the same round trip as the COMMIT of the transaction. If the database refuses the rows, the call rejects, but the
 * transaction is committed.
 */
export async function acceptWithCommit(
  withCommit: NonNullable<TransactionScope['withCommit']>,
  statement: CommitStatement,
): Promise<void> {
  const [row] = await withCommit(statement);
  throwRefusal(row?.[0]);
}

/** Whether the server ran the statement outside of a transaction block. Clients wrap its error, so its message decides. */
export function isOutsideTransaction(error: unknown): boolean {
  return errorMessage(error).includes('audit_accept was called outside');
}

/** @param refusal a JSON object with properties that have the same names as in errors of the database client */
function throwRefusal(refusal: unknown): void {
  if (typeof refusal !== 'string') return;
  if (refusal === UNKNOWN_WRITER) throw ledgerErrors.AUDIT_WRITER_UNKNOWN.ofEvent();
  const { message, ...others } = parseJson(refusal) as { readonly message: string }; // as audit_accept writes it
  throw Object.assign(new Error(message), { severity: 'ERROR', ...others });
}
