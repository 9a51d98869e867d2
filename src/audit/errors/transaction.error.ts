import { readSafely } from '../event/read-safely.js';
import { AuditError } from './audit.error.js';

/** Code needs an open transaction, to record an event or to get the manager, but no such transaction exists. */
export class TransactionMissingError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_MISSING';

  static notActive(eventType: string): TransactionMissingError {
    return new TransactionMissingError(
      `Cannot record the event ${eventType} in a transaction: the given object is not in a transaction, or its transaction has ended. ` +
        'Pass what the callback of the transaction gets, and await record() in that callback.',
    );
  }

  static notInScope(eventType: string): TransactionMissingError {
    return new TransactionMissingError(
      `Cannot record the event ${eventType} in a transaction: the code does not run in one. ` +
        "Call record() inside dataSource.transaction() or an @AuditedTransaction() method, pass { transaction }, or remove delivery 'transactional'.",
    );
  }

  static noManager(): TransactionMissingError {
    return new TransactionMissingError(
      'Cannot return the manager of the transaction: the code does not run in one. ' +
        'Call AuditContext.manager() inside dataSource.transaction() or an @AuditedTransaction() method.',
    );
  }
}

/** The caller of `record()` named a transaction of no client that the library knows. */
export class TransactionUnknownError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_UNKNOWN';

  /** @param known what to pass, for each known client */
  static create(eventType: string, given: unknown, known: readonly string[]): TransactionUnknownError {
    const name: unknown = readSafely(() => (given as object).constructor.name);
    return new TransactionUnknownError(
      `Cannot record the event ${eventType} in a transaction: the given transaction is ` +
        `${typeof name === 'string' ? `a ${name}` : 'unreadable'}, which is of no client that this library knows. ` +
        `Pass one of these: ${known.join('; ')}.`,
    );
  }
}

/** The ledger could not write an event in a transaction whose COMMIT the library does not see, so nothing would store the event later. */
export class TransactionUnseenError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_UNSEEN';

  /** @param problems what each provider answered */
  static create(eventType: string, client: string, problems: readonly string[]): TransactionUnseenError {
    return new TransactionUnseenError(
      `Cannot record the event ${eventType} in the transaction of ${client}: ${problems.join('; ')}. This library does not see the COMMIT, ` +
        'so it cannot record the event later. Record the event after the COMMIT without a transaction, or make the pool with auditedPg().',
    );
  }
}

/** PostgreSQL rolled back a transaction of `@AuditedTransaction` or `AuditContext.inTransaction()`, although the method did not throw. */
export class TransactionUndoneError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_UNDONE';

  static create(): TransactionUndoneError {
    return new TransactionUndoneError(
      'Cannot commit the transaction: PostgreSQL rolled it back, since a statement in it had failed and the error was caught. ' +
        'Rethrow the error, or run that statement in a savepoint: manager.transaction() within the transaction.',
    );
  }

  static byText(): TransactionUndoneError {
    return new TransactionUndoneError(
      'Cannot commit the transaction: the code sent a ROLLBACK in it, so each later statement ran outside of any transaction. ' +
        'To roll back, let the method reject, or send ROLLBACK TO SAVEPOINT.',
    );
  }
}

/** `@AuditedTransaction` cannot determine the data source of its transaction. */
export class DataSourceUnknownError extends AuditError {
  readonly code = 'AUDIT_DATA_SOURCE_UNKNOWN';

  /**
   * @param method the decorated method
   * @param asked the data source in the decorator's option `dataSource`, if set
   * @param known the data sources of the application, by name
   */
  static create(method: string, asked: string | undefined, known: readonly string[]): DataSourceUnknownError {
    const seen = known.length === 0 ? 'has no TypeORM DataSource' : `has the data sources ${known.join(', ')}`;
    const wanted =
      asked === undefined ? 'the option dataSource names no data source' : `no data source has the name ${asked}`;
    return new DataSourceUnknownError(
      `Cannot begin the transaction of ${method}: the application ${seen}, and ${wanted}. ` +
        'Import TypeOrmModule.forRoot() and AuditModule.forRoot(). With several data sources, name one with @AuditedTransaction({ dataSource }).',
    );
  }
}
