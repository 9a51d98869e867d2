import { AuditError } from './audit.error.js';

/** An event was to be recorded in a transaction, but cannot join one. */
export class TransactionMissingError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_MISSING';

  static notActive(eventType: string): TransactionMissingError {
    return new TransactionMissingError(
      `Cannot record the event ${eventType} in a transaction: the given manager is not in a transaction, or its transaction is over. ` +
        'Pass the manager that dataSource.transaction() hands to its callback, and await record() inside of it.',
    );
  }

  static notInScope(eventType: string): TransactionMissingError {
    return new TransactionMissingError(
      `Cannot record the event ${eventType} in a transaction: the code does not run in one. ` +
        "Call it inside dataSource.transaction() or an @AuditedTransaction() method, pass { manager }, or leave delivery 'transactional' out.",
    );
  }

  static noManager(): TransactionMissingError {
    return new TransactionMissingError(
      'Cannot return the manager of the transaction: the code does not run in one. ' +
        'Call AuditContext.manager() inside dataSource.transaction() or an @AuditedTransaction() method.',
    );
  }
}

/** A transaction that `@AuditedTransaction` or `AuditContext.inTransaction()` began was rolled back before its COMMIT, or instead of it. */
export class TransactionUndoneError extends AuditError {
  readonly code = 'AUDIT_TRANSACTION_UNDONE';

  static create(): TransactionUndoneError {
    return new TransactionUndoneError(
      'Cannot commit the transaction: PostgreSQL rolled it back, since a statement in it had failed and the error was caught. ' +
        'Let the error pass, or run that statement in a savepoint: manager.transaction() inside of the transaction.',
    );
  }

  static byText(): TransactionUndoneError {
    return new TransactionUndoneError(
      'Cannot commit the transaction: a ROLLBACK was sent as a text within it, and each later statement was on its own. ' +
        'To roll back, let the method reject, or send ROLLBACK TO SAVEPOINT.',
    );
  }
}

/** `@AuditedTransaction` cannot determine the data source of its transaction. */
export class DataSourceUnknownError extends AuditError {
  readonly code = 'AUDIT_DATA_SOURCE_UNKNOWN';

  /**
   * @param method the decorated method
   * @param asked the data source that its option `dataSource` names, if any
   * @param known the data sources of the application, by name
   */
  static create(method: string, asked: string | undefined, known: readonly string[]): DataSourceUnknownError {
    const seen = known.length === 0 ? 'has no TypeORM DataSource' : `has the data sources ${known.join(', ')}`;
    const wanted =
      asked === undefined ? 'the option dataSource names no data source' : `no data source has the name ${asked}`;
    return new DataSourceUnknownError(
      `Cannot begin the transaction of ${method}: the application ${seen}, and ${wanted}. ` +
        'Import TypeOrmModule.forRoot() and AuditModule.forRoot(), and name one with @AuditedTransaction({ dataSource }) where there are several.',
    );
  }
}
