/** A PostgreSQL statement, with a text for each of its parameters. */
export interface CommitStatement {
  readonly text: string;
  readonly values: readonly string[];
}

/** The facts that come with a batch to be written in a transaction. */
export interface TransactionScope {
  readonly backend: string;
  /**
   * Sends one statement and the COMMIT in one round trip; present if the transaction's COMMIT comes next, with nothing before it. Resolves
   * with the statement's rows, each as a list of texts, once the transaction is committed. An error of the statement would abort the
   * transaction, so let the statement return its problems as rows. Call it at most once.
   */
  withCommit?(statement: CommitStatement): Promise<readonly (readonly unknown[])[]>;
}
