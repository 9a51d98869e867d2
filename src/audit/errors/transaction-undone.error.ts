import { AuditError } from './audit.error.js';

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
