import type { AuditDelivery } from '../audit-options.js';
import type { AuditEvent } from '../event/audit-event.js';
import { readFieldSafely } from '../../base/read-safely.js';
import type { ClientTransaction } from './clients/client-transaction.js';
import { CLIENTS, findClient } from './clients/find-client.js';
import { ObservedTransaction } from './observed-transaction.js';
import {
  isInTransaction,
  isTypeOrmManager,
  type OpenTransaction,
  type OpenManager,
  type ScopeTransaction,
  type TransactionManager,
} from './transaction-manager.js';
import { auditErrors } from '../errors/audit.errors.js';

/** The options that determine in which transaction an event is written, and whether a repeated call is another event. */
export interface TransactionOptions {
  /**
   * The transaction in which the event is written: a TypeORM `EntityManager` or query runner, a client of pg, the transaction of Drizzle,
   * Kysely, Knex, Prisma or Sequelize, an entity manager of MikroORM, or a function `(sql, parameters) => Promise` of the rows. The option
   * takes precedence over `delivery`. Set this when you began the transaction yourself, for example with a query runner or with pg.
   */
  readonly transaction?: object | null | undefined;
  readonly delivery?: AuditDelivery | undefined;
  /**
   * A text of at most 255 characters that identifies what is recorded, for example the id of a webhook or of a message. The ledger stores one
   * event for each key, event type and tenant within 24 hours. The key itself is not stored. A transaction that rolls back does not take the
   * key. Other providers get every event, with the same {@link AuditEvent.once}. Set this when a webhook or a message can arrive twice, and
   * must leave one event.
   */
  readonly idempotencyKey?: string | undefined;
}

const SUPPORTED_MANAGERS = [
  'the manager of a transaction of TypeORM 0.3 or 1, or its query runner',
  ...CLIENTS.map(({ name, passes }) => (passes.startsWith('a function') ? passes : `${passes} (${name})`)),
];

export type JoinableTransaction = OpenManager | ClientTransaction;

/**
 * Returns the transaction in which to record an event; `undefined` if the event is recorded outside a transaction. By default, only a
 * success, whole or partial, is recorded in a transaction, since a failure, a denial or an attempt must survive a rollback.
 *
 * @param current the transaction of the scope: that of TypeORM, otherwise that of the option `transactions`, otherwise the one that the
 *   option `currentTransaction` names
 * @throws `AUDIT_TRANSACTION_UNKNOWN` if the transaction belongs to no known client
 * @throws `AUDIT_TRANSACTION_MISSING` if the call requires a transaction, but no transaction is open
 * @throws `AUDIT_TRANSACTION_ROLLED_BACK` if a ROLLBACK that the code sent has ended the library's own transaction
 */
export function resolveTransaction(
  { type, outcome }: Pick<AuditEvent, 'type' | 'outcome'>,
  { transaction, delivery }: TransactionOptions,
  current: {
    readonly typeOrm: ScopeTransaction | undefined;
    readonly openTransaction: OpenTransaction | undefined;
    readonly named: (() => unknown) | undefined;
  },
): JoinableTransaction | undefined {
  if (transaction !== undefined) {
    const open = requireOpenTransaction(type, transaction);
    if (open) return open;
    throw auditErrors.AUDIT_TRANSACTION_MISSING.notActive(type);
  }
  const { typeOrm, openTransaction, named } = current;
  const isOpen = typeOrm?.ended === false;
  if (delivery === 'durable' || (delivery === undefined && outcome !== 'success' && outcome !== 'partial'))
    return undefined;
  const inScope = isOpen ? joinable(typeOrm.manager) : undefined;
  if (inScope) return inScope;
  const runner = isOpen && typeOrm.isJoined === true ? typeOrm.manager.queryRunner : undefined;
  if (delivery === undefined && runner && ObservedTransaction.of(runner)?.isUndone === true)
    throw auditErrors.AUDIT_TRANSACTION_ROLLED_BACK.byText();
  const own = openTransaction?.ended === false ? openTransaction.handle : undefined;
  const given = own ?? named?.();
  const open = given === undefined || given === null ? undefined : requireOpenTransaction(type, given);
  if (own && !open) throw auditErrors.AUDIT_TRANSACTION_ROLLED_BACK.byText();
  if (open || delivery === undefined) return open;
  throw auditErrors.AUDIT_TRANSACTION_MISSING.notInScope(type);
}

/** Returns the given transaction; `undefined` if the object is of a known client, but no open transaction. */
export function requireOpenTransaction(type: string, given: unknown): JoinableTransaction | undefined {
  const manager = given === null ? null : toManager(given);
  if (manager !== undefined) {
    const open = joinable(manager);
    return open?.queryRunner.isReleased === false ? open : undefined;
  }
  const found = findClient(given);
  if (found === undefined) throw auditErrors.AUDIT_TRANSACTION_UNKNOWN(type, given, SUPPORTED_MANAGERS);
  return found === 'idle' ? undefined : found;
}

/** Returns TypeORM's manager, also that of a query runner. */
function toManager(given: unknown): TransactionManager | undefined {
  if (isTypeOrmManager(given)) return given;
  const own = readFieldSafely(given, 'manager');
  const isRunner = typeof readFieldSafely(given, 'startTransaction') === 'function';
  return isRunner && isTypeOrmManager(own) ? own : undefined;
}

/** Returns the query runner's own manager; `undefined` if no event can join. */
function joinable(manager: TransactionManager | null): OpenManager | undefined {
  if (!isInTransaction(manager) || !isTypeOrmManager(manager)) return undefined;
  const seen = ObservedTransaction.of(manager.queryRunner);
  if (seen?.isClosing === true || seen?.isUndone === true) return undefined;
  return manager.queryRunner.manager as OpenManager; // isTypeOrmManager() has tested the manager
}
