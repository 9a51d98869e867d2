import type { InjectionToken } from '@nestjs/common';
import { openCall, type AuditedOperation } from '../capture/audited-operation.js';
import type { AuditedEntry } from '../capture/audited-options.js';
import { applicationOf, type LiveApplication } from '../capture/live-applications.service.js';
import type { OperationRecorder } from '../capture/operation-recorder.service.js';
import { currentScope, joinTransaction, runInScope } from '../context/audit-context.js';
import type { ScopedCall } from '../context/audit-scope.js';
import { findDataSources } from './find-data-sources.js';
import type { WatchableSource } from './transaction-manager.js';
import { watchDataSource } from './watch-data-source.js';
import { auditErrors } from '../errors/audit.errors.js';
import { hasCode } from '../errors/error-facts.js';

export interface TransactionalMethod {
  /** The names of the class and the method, for messages. */
  readonly label: string;
  readonly key: string | symbol;
  readonly dataSource: InjectionToken | undefined;
  readonly isolation: string | undefined;
  readonly entries: readonly AuditedEntry[];
  /** The data source that the method uses in each application. */
  readonly sources: WeakMap<LiveApplication, WatchableSource>;
}

/** Calls a method in the current transaction, or in a new transaction, and records the event of the call. */
export async function callInTransaction(
  method: TransactionalMethod,
  self: unknown,
  args: readonly unknown[],
  proceed: () => unknown,
): Promise<unknown> {
  const scope = currentScope();
  const application = applicationOf(self, scope);
  const source = findSource(application, method);
  const isolation = method.isolation === undefined ? [] : [method.isolation];
  const transact = (work: () => Promise<unknown>): Promise<unknown> =>
    joinTransaction(source, (joined) => source.manager.transaction(...isolation, joined), work);
  const { entries } = method;
  if (!application || entries.length === 0) return transact(async () => await proceed());
  const { recorder } = application;
  const handled = scope?.call && handlersOperation(scope.call, method, self, args);
  const operation = handled ?? openCall(scope, entries, args);
  const work = (): Promise<unknown> =>
    transact(async () => {
      const result = await proceed();
      await recorder.recordInTransaction(operation, entries, result, currentScope()?.transaction);
      return result;
    });
  if (handled) return recordHandler(handled, entries, work);
  return runInScope(operation.scope, () => recordTransaction(recorder, operation, work));
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
  call.begun ??= { self, key };
  call.noteArgs(args);
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
  const refusal = recorder.refusalOf(operation);
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

function findSource(application: LiveApplication | undefined, method: TransactionalMethod): WatchableSource {
  const { label, dataSource, sources } = method;
  const before = application && sources.get(application);
  if (before) return before;
  const found = application ? [...findDataSources(application.modules)] : [];
  const matching =
    dataSource === undefined ? found : found.filter(([, tokens]) => tokens.some((token) => isOf(token, dataSource)));
  const source = matching[0]?.[0];
  if (application && source && matching.length === 1) {
    watchDataSource(source);
    sources.set(application, source);
    return source;
  }
  const known = found.map(([, tokens]) => tokens.map(nameOf).join(' or '));
  throw auditErrors.AUDIT_DATA_SOURCE_UNKNOWN(label, dataSource === undefined ? undefined : nameOf(dataSource), known);
}

/** Nest's TypeORM module makes the token `<name>DataSource` for a data source with a name. */
function isOf(token: InjectionToken, given: InjectionToken): boolean {
  return token === given || (typeof given === 'string' && token === `${given}DataSource`);
}

function nameOf(token: InjectionToken): string {
  return typeof token === 'function' ? token.name : String(token);
}
