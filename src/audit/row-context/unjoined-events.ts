import { Logger } from '@nestjs/common';
import type { AuditScope } from '../context/audit-scope.js';
import type { AuditEvent } from '../event/audit-event.js';

interface ScopedClient {
  readonly isInTransaction: boolean;
}

const logger = new Logger('AuditModule');

/** The connection on which an operation last ran a statement in a transaction, by the operation's outermost scope. */
const clients = new WeakMap<AuditScope, ScopedClient>();
/** The operation that last used a connection. A pool gives the connection to another operation afterwards. */
const users = new WeakMap<ScopedClient, AuditScope>();
const warned = new Set<string>();

/** Called by a connection for each statement within a transaction. */
export function noteUser(client: ScopedClient, scope: AuditScope | undefined): void {
  if (!scope) return;
  const operation = getOutermostScope(scope);
  clients.set(operation, client);
  users.set(client, operation);
}

/** Warns once for each type of event that is recorded outside of the operation's own open transaction, which may roll back. */
export function warnAboutUnjoinedEvent({ type, outcome }: AuditEvent, scope: AuditScope | undefined): void {
  if (!scope || (outcome !== 'success' && outcome !== 'partial')) return;
  const operation = getOutermostScope(scope);
  const client = clients.get(operation);
  if (client?.isInTransaction !== true || users.get(client) !== operation || warned.has(type)) return;
  warned.add(type);
  const { self, key } = scope.call?.startedCall ?? {};
  const where = self === undefined ? '' : ` in ${(self as object).constructor.name}.${String(key)}`; // a method's object
  logger.warn(
    `record('${type}')${where} ran while a transaction of the same operation was open, and did not join it: after a ROLLBACK, the event ` +
      'stays. Pass the transaction, record(name, input, { transaction: tx }), or name it in the option currentTransaction of AuditModule. ' +
      "If the event must survive a ROLLBACK, pass { delivery: 'durable' }.",
  );
}

/** Warns once for each method whose own statements write outside of the transaction that `@AuditedTransaction` opened for it. */
export function warnAboutStrayWrite(scope: AuditScope | undefined): void {
  if (scope?.openTransaction?.ended !== false || warned.has(scope.openTransaction.label)) return;
  const { label } = scope.openTransaction;
  warned.add(label);
  logger.warn(
    `A statement in ${label} wrote outside of the transaction of @AuditedTransaction: after a ROLLBACK, its change stays. Write by ` +
      'AuditContext.transaction(), not by the client itself. If the change must survive a ROLLBACK, ignore this warning.',
  );
}

function getOutermostScope(scope: AuditScope): AuditScope {
  let each = scope;
  while (each.outer) each = each.outer;
  return each;
}
