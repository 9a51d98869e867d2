import { getErrorMessage, parseJson, type TransactionManager } from '../../audit/nest-free.js';
import { ledgerErrors } from '../errors/ledger.errors.js';
import type { InboxRows } from './inbox-row.js';

/** How rows are stored in a caller's transaction. */
export interface Acceptance {
  /** The ledger's schema, quoted. */
  readonly schema: string;
  /** The maximum wait for a lock on the inbox, in milliseconds. */
  readonly lockWaitMs: number;
  /** Whether a failure aborts the caller's transaction. */
  readonly isClosed: boolean;
}

/**
 * Stores rows in the transaction of `manager`, each by one statement. Rejects with the message and the code of the database's error. Unless
 * `isClosed`, the caller's transaction is still valid after an error. Other queries of the caller may run at the same time.
 *
 * @throws `AUDIT_WRITER_UNKNOWN` if the ledger does not accept the key of the rows
 */
export async function acceptInTransaction(
  manager: Pick<TransactionManager, 'query'>,
  { version, seeds, macs, bodies, keyId = '' }: InboxRows,
  { schema, lockWaitMs, isClosed }: Acceptance,
): Promise<void> {
  const statement = `
    SELECT ${schema}.${isClosed ? 'audit_accept' : 'audit_try_accept'}($1::pg_catalog.int2, $2::pg_catalog.bytea, $3::pg_catalog.bytea,
             $4::pg_catalog.text, $5::pg_catalog.int4, $6::pg_catalog.text) AS refusal`;
  for (const [nth, body] of bodies.entries()) {
    const values = [String(version), toHex(seeds[nth]), toHex(macs[nth]), body, String(lockWaitMs), keyId];
    try {
      const [row] = (await manager.query(statement, values)) as readonly { readonly refusal: string | null }[]; // the only column
      throwRefusal(row?.refusal);
    } catch (error) {
      throw getErrorMessage(error).includes(UNKNOWN_WRITER) ? ledgerErrors.AUDIT_WRITER_UNKNOWN.ofEvent() : error;
    }
  }
}

/** In the message of `audit_accept`. Clients wrap its error, so its message decides. */
const UNKNOWN_WRITER = 'audit_accept does not know the key of the writer';

/** Whether the server ran the statement outside of a transaction block. */
export function isOutsideTransaction(error: unknown): boolean {
  return getErrorMessage(error).includes('audit_accept was called outside');
}

/** As texts, the parameters have the same form in each client. */
const toHex = (bytes: Buffer | null | undefined): string | null =>
  bytes ? String.raw`\x${bytes.toString('hex')}` : null;

/** @param refusal a JSON object with properties that have the same names as in errors of the database client */
function throwRefusal(refusal: string | null | undefined): void {
  if (typeof refusal !== 'string') return;
  const { message, ...others } = parseJson(refusal) as { readonly message: string }; // as audit_try_accept writes it
  throw Object.assign(new Error(message), { severity: 'ERROR', ...others });
}
