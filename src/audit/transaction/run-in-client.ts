import { getCurrentScope, runToEnd } from '../context/audit-context.js';
import { noteTransactionEnd, extendScope } from '../context/audit-scope.js';
import { SerialTask } from '../delivery/spill/serial-task.js';
import { auditErrors } from '../errors/audit.errors.js';
import { requireOpenTransaction } from './choose-transaction.js';
import { ObservedTransaction } from './observed-transaction.js';
import type { BeginTransaction, OpenTransaction } from './transaction-manager.js';

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
  const scope = getCurrentScope();
  const outer = scope?.openTransaction;
  if (outer?.ended === false && outer.begin === begin) return outer.turns.run(() => runInSavepoint(outer, work));
  let seen: ObservedTransaction | undefined;
  let attempt: Promise<unknown> | undefined;
  let result: unknown;
  try {
    result = await begin(
      (handle) => {
        seen?.detached(); // an earlier attempt was rolled back
        seen = new ObservedTransaction(handle);
        attempt = runInBegunTransaction({ begin, label, handle, ended: false, turns: new SerialTask() }, seen, work);
        return attempt;
      },
      { isolation },
    );
    await attempt; // the function may have rolled back, and kept the error to itself
  } catch (error) {
    seen?.detached();
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
async function runInBegunTransaction(
  started: OpenTransaction,
  seen: ObservedTransaction,
  work: Work,
): Promise<unknown> {
  const scope = getCurrentScope();
  const inner = { openTransaction: started, ...(scope?.transaction && { transaction: undefined }) };
  try {
    const open = openHandle(started);
    const result = await runToEnd(extendScope(inner, scope), scope, work);
    await seen.close();
    await open.query('SAVEPOINT audit_end').catch((error: unknown) => {
      throw auditErrors.AUDIT_TRANSACTION_ROLLED_BACK.byClient(error);
    });
    return result;
  } finally {
    started.ended = true;
    await seen.settled(); // the connection may begin its next transaction at once
  }
}

let savepoints = 0;

async function runInSavepoint(outer: OpenTransaction, work: Work): Promise<unknown> {
  const open = openHandle(outer);
  const name = `audit_${++savepoints}`;
  await ObservedTransaction.of(outer.handle)?.settled();
  await open.query(`SAVEPOINT ${name}`);
  const scope = getCurrentScope();
  const nested = { ...outer, turns: new SerialTask() };
  const seen = new ObservedTransaction(outer.handle);
  try {
    const result = await runToEnd(extendScope({ openTransaction: nested }, scope), scope, work);
    await seen.close();
    await open.query(`RELEASE SAVEPOINT ${name}`);
    seen.released();
    return result;
  } catch (error) {
    nested.ended = true;
    await seen.settled();
    seen.detached();
    await open.query(`ROLLBACK TO SAVEPOINT ${name}`).catch(() => undefined); // the caller needs the first error
    throw error;
  } finally {
    nested.ended = true;
  }
}

/** @throws `AUDIT_TRANSACTION_MISSING`, `AUDIT_TRANSACTION_UNKNOWN` */
function openHandle({ handle }: OpenTransaction): { query(text: string): Promise<unknown> } {
  const open = requireOpenTransaction('of @AuditedTransaction', handle);
  if (!open) throw auditErrors.AUDIT_TRANSACTION_MISSING.notBegun();
  return open;
}
