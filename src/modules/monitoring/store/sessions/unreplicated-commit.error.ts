/** A commit may be missing on every replica: somebody cancelled its wait for them. */
export class UnreplicatedCommitError extends Error {
  /** The code of the server's warning, from which `classifyLedgerError` derives what to do. */
  readonly code = '01000';

  constructor() {
    super('somebody cancelled the wait for synchronous replication, so that the standby servers may lack the commit');
  }
}
