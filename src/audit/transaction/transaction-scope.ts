/** A statement of PostgreSQL, with a text for each of its parameters. */
export interface CommitStatement {
  readonly text: string;
  readonly values: readonly string[];
}

/** What comes with a batch that is to be written in a transaction. */
export interface TransactionScope {
  readonly backend: string;
  /**
   * There where the transaction's COMMIT comes next, and nothing else goes before it: sends one statement and the COMMIT in one round trip.
   * Resolves with the statement's rows, each as a list of texts, once the transaction is committed. An error of the statement would
   * abort the transaction, so let the statement return what it cannot do. Call it once at most.
   */
  withCommit?(statement: CommitStatement): Promise<readonly (readonly unknown[])[]>;
}
