import { RECONCILER } from '../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { ReconcileError } from '../capture.error.js';
import { reconcileTables } from './reconcile-tables.js';
import type { Reconciliation } from './reconciliation.js';

/** What to reconcile. */
export interface ReconcileOptions {
  /** The ledger's database, with a role that may read it. */
  readonly database: string;
  /** Tables, as `public.orders` or `orders`. @defaultValue every captured one */
  readonly tables?: readonly string[] | undefined;
  /** Ends it early: it then rejects. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds rows that were changed without an event, and events without their row: compares each captured table with its baseline, the ledger
 * and the outbox, in one snapshot. It trusts the ledger; use `verify` to find out whether that was altered.
 *
 * @throws ReconcileError (`AUDIT_RECONCILE_INVALID`) for a table that is not captured; the client's error where the
 *   database cannot be read
 */
export async function reconcileLedger({ database, tables, signal }: ReconcileOptions): Promise<Reconciliation> {
  const snapshot = await LedgerSession.open(database, RECONCILER, { signal });
  try {
    const found = await reconcileTables(snapshot, tables);
    if ('unknown' in found) throw ReconcileError.notCaptured(found.unknown);
    return found;
  } finally {
    await snapshot.close();
  }
}
