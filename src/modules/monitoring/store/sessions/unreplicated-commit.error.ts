/** A commit that no replica may have: somebody cancelled its wait for them. */
export class UnreplicatedCommitError extends Error {
  /** As the server's warning; `classifyLedgerError` says what to do. */
  readonly code = '01000';

  constructor() {
    super('somebody cancelled the wait for synchronous replication, so that the standby servers may lack the commit');
  }
}
