import type { InjectionToken } from '@nestjs/common';
import { openCall, type AuditedOperation } from '../capture/audited-operation.js';
import type { AuditedEntry } from '../capture/audited-options.js';
import { findLiveApplication, type LiveApplication } from '../capture/live-applications.service.js';
import type { OperationRecorder } from '../capture/operation-recorder.service.js';
import { getCurrentScope, joinTransaction, runInScope } from '../context/audit-context.js';
import type { ScopedCall } from '../context/audit-scope.js';
import { readSafely } from '../../base/read-safely.js';
import { findDataSources } from './find-data-sources.js';
import { runInClient } from './run-in-client.js';
import type { BeginTransaction } from './transaction-manager.js';
import { watchDataSource } from './watch-data-source.js';
import { auditErrors } from '../errors/audit.errors.js';
import { hasCode } from '../../base/errors/error-facts.js';

export interface TransactionalMethod {
  /** The names of the class and the method, for messages. */
  readonly label: string;
  readonly key: string | symbol;
  readonly dataSource: InjectionToken | undefined;
  readonly isolation: string | undefined;
  readonly entries: readonly AuditedEntry[];
  /** How the method runs in a transaction in each application. */
  readonly transacts: WeakMap<LiveApplication, Transact>;
}

type Transact = (work: () => Promise<unknown>) => Promise<unknown>;

/** Calls a method in the current transaction, or in a new transaction, and records the event of the call. */
export async function callInTransaction(
  method: TransactionalMethod,
  self: unknown,
  args: readonly unknown[],
  proceed: () => unknown,
): Promise<unknown> {
  const scope = getCurrentScope();
  const application = findLiveApplication(self, scope);
  const transact = findTransact(application, method);
  const { entries } = method;
  if (!application || entries.length === 0) return transact(async () => await proceed());
  const { recorder } = application;
  const handled = scope?.call && handlersOperation(scope.call, method, self, args);
  const operation = handled ?? openCall(application.modules, scope, entries, args);
  const work = (): Promise<unknown> =>
    transact(async () => {
      const result = await proceed();
      await recorder.recordInTransaction(operation, entries, result, getCurrentScope() ?? {});
      return result;
    });
  if (handled) return recordHandler(handled, entries, work);
  return runInScope(operation.scope, () => recordTransaction(recorder, operation, work)).finally(operation.life?.end);
}

/** Returns the handler's operation if the framework called the method, otherwise `undefined`. */
function handlersOperation(
  call: ScopedCall,
  { key, entries }: TransactionalMethod,
  self: unknown,
  args: readonly unknown[],
): AuditedOperation | undefined {
  if (!call.byFramework) return undefined;
  const operation = call.operation as AuditedOperation; // only claimCall sets `operation`
  if (!entries.some((entry) => operation.entries.includes(entry))) return undefined;
  call.startedCall ??= { self, key };
  call.recordArgs(args);
  return operation;
}

async function recordHandler(
  operation: AuditedOperation,
  entries: readonly AuditedEntry[],
  work: () => Promise<unknown>,
): Promise<unknown> {
  operation.rolledBack = false;
  try {
    const result = await work();
    operation.committed = [...(operation.committed ?? []), ...entries];
    return result;
  } catch (error) {
    if (hasCode(error, 'AUDIT_OUTCOME_LOST')) {
      operation.committed = [...(operation.committed ?? []), ...entries]; // the transaction is committed, but its event may be lost; no second event is recorded
      throw error;
    }
    operation.rolledBack = true;
    operation.committed = [];
    throw error;
  }
}

async function recordTransaction(
  recorder: OperationRecorder,
  operation: AuditedOperation,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const refusal = recorder.toRefusal(operation);
  if (refusal) {
    await recorder.recordEnd({ ...operation, thrown: { error: refusal }, phase: 'settled', rolledBack: true });
    throw refusal;
  }
  await recorder.recordAttempts(operation);
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, 'AUDIT_OUTCOME_LOST')) throw error; // the transaction is committed, but its event may be lost; no second event is recorded
    // The failed commit rolled back the event of the success.
    await recorder.recordEnd({ ...operation, thrown: { error }, phase: 'settled', rolledBack: true });
    throw error;
  }
}

/**
 * Returns how a method runs in a transaction: of the option `transactions`, otherwise of a TypeORM data source. In tests without a
 * database, a rollback only discards the events.
 *
 * @throws `AUDIT_DATA_SOURCE_UNKNOWN`
 */
export function findTransact(application: LiveApplication | undefined, method: TransactionalMethod): Transact {
  const { label, dataSource, isolation, transacts } = method;
  const before = application && transacts.get(application);
  if (before) return before;
  const found = application ? [...findDataSources(application.modules)] : [];
  const ofClient = dataSource === undefined ? application?.options.transactions : undefined;
  const begin = ofClient ?? (application && found.length === 0 ? findSubstitute(application.modules) : undefined);
  const matching =
    dataSource === undefined
      ? found
      : found.filter(([, tokens]) => tokens.some((token) => isSameToken(token, dataSource)));
  const source = matching[0]?.[0];
  const transact: Transact | undefined = begin
    ? (work) => runInClient(begin, method, work)
    : source && matching.length === 1
      ? (work) =>
          joinTransaction(
            source,
            (joined) => source.manager.transaction(...(isolation === undefined ? [] : [isolation]), joined),
            work,
          )
      : undefined;
  if (application && transact) {
    if (!begin && source) watchDataSource(source);
    transacts.set(application, transact);
    return transact;
  }
  const known = found.map(([, tokens]) => tokens.map(formatToken).join(' or '));
  throw auditErrors.AUDIT_DATA_SOURCE_UNKNOWN(
    label,
    dataSource === undefined ? undefined : formatToken(dataSource),
    known,
  );
}

/** Where a provider for tests has the function that stands for `transactions`. */
export const SUBSTITUTE_KEY = Symbol.for('nestjs-audit-ledger:transactions');

function findSubstitute(modules: LiveApplication['modules']): BeginTransaction | undefined {
  for (const module of modules.values()) {
    for (const { instance } of module.providers.values()) {
      const found = readSafely(
        () => (instance as { readonly [SUBSTITUTE_KEY]?: BeginTransaction } | null)?.[SUBSTITUTE_KEY],
      ); // only the provider for tests sets it
      if (found) return found;
    }
  }
  return undefined;
}

/** Nest's TypeORM module makes the token `<name>DataSource` for a data source with a name. */
function isSameToken(token: InjectionToken, given: InjectionToken): boolean {
  return token === given || (typeof given === 'string' && token === `${given}DataSource`);
}

function formatToken(token: InjectionToken): string {
  return typeof token === 'function' ? token.name : String(token);
}
