import { currentScope, runToEnd } from '../context/audit-context.js';
import { noteTransactionEnd, scopeWith } from '../context/audit-scope.js';
import { OneAtATime } from '../delivery/spill/one-at-a-time.js';
import { auditErrors } from '../errors/audit.errors.js';
import { openOf } from './choose-transaction.js';
import { SeenTransaction } from './seen-transaction.js';
import type { BeginTransaction, BegunTransaction } from './transaction-manager.js';

type Work = () => Promise<unknown>;

/**
 * Runs `work` in a transaction of the application's client, which `begin` starts, or in a savepoint of such a transaction. After the commit,
 * delivers the events to the providers that could not write in the transaction.
 */
export async function runInClient(
  begin: BeginTransaction,
  { label, isolation }: { readonly label: string; readonly isolation: string | undefined },
  work: Work,
): Promise<unknown> {
  const scope = currentScope();
  const outer = scope?.begun;
  if (outer?.ended === false && outer.begin === begin) return outer.turns.run(() => runInSavepoint(outer, work));
  let seen: SeenTransaction | undefined;
  let attempt: Promise<unknown> | undefined;
  let result: unknown;
  try {
    result = await begin(
      (handle) => {
        seen?.left(); // an earlier attempt was rolled back
        seen = new SeenTransaction(handle);
        attempt = runBegun({ begin, label, handle, ended: false, turns: new OneAtATime() }, seen, work);
        return attempt;
      },
      { isolation },
    );
    await attempt; // the function may have rolled back, and kept the error to itself
  } catch (error) {
    seen?.left();
    noteTransactionEnd(scope, { undoneBy: error });
    throw error;
  }
  noteTransactionEnd(scope, { hasCommitted: true });
  await seen?.committed();
  return result;
}

/**
 * Some clients report no failed COMMIT: PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK. Hence the last statement, which
 * fails in such a transaction, and outside of any.
 */
async function runBegun(begun: BegunTransaction, seen: SeenTransaction, work: Work): Promise<unknown> {
  const scope = currentScope();
  const inner = { begun, ...(scope?.transaction && { transaction: undefined }) };
  try {
    const open = openHandle(begun);
    const result = await runToEnd(scopeWith(inner, scope), scope, work);
    await seen.close();
    await open.query('SAVEPOINT audit_end').catch((error: unknown) => {
      throw auditErrors.AUDIT_TRANSACTION_UNDONE.byClient(error);
    });
    return result;
  } finally {
    begun.ended = true;
    await seen.settled(); // the connection may begin its next transaction at once
  }
}

let savepoints = 0;

async function runInSavepoint(outer: BegunTransaction, work: Work): Promise<unknown> {
  const open = openHandle(outer);
  const name = `audit_${++savepoints}`;
  await SeenTransaction.of(outer.handle)?.settled();
  await open.query(`SAVEPOINT ${name}`);
  const scope = currentScope();
  const nested = { ...outer, turns: new OneAtATime() };
  const seen = new SeenTransaction(outer.handle);
  try {
    const result = await runToEnd(scopeWith({ begun: nested }, scope), scope, work);
    await seen.close();
    await open.query(`RELEASE SAVEPOINT ${name}`);
    seen.released();
    return result;
  } catch (error) {
    nested.ended = true;
    await seen.settled();
    seen.left();
    await open.query(`ROLLBACK TO SAVEPOINT ${name}`).catch(() => undefined); // the caller needs the first error
    throw error;
  } finally {
    nested.ended = true;
  }
}

/** @throws `AUDIT_TRANSACTION_MISSING`, `AUDIT_TRANSACTION_UNKNOWN` */
function openHandle({ handle }: BegunTransaction): { query(text: string): Promise<unknown> } {
  const open = openOf('of @AuditedTransaction', handle);
  if (!open) throw auditErrors.AUDIT_TRANSACTION_MISSING.notBegun();
  return open;
}
