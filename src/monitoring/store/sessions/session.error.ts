/** A session does not have the settings of its connection URL. */
export class PooledSessionError extends Error {
  constructor() {
    super("a connection pooler dropped the session's settings (the startup parameter named options)");
  }
}

/** The search path leads to no ledger. */
export class MissingLedgerError extends Error {
  /** The code of an undefined table. `classifyLedgerError` finds the advice by this code. */
  readonly code = '42P01';

  constructor() {
    super('the search path of the connection has no ledger (no function audit_role)');
  }
}

/** A trigger queues each event to be sealed. Without triggers, verify would later call the events forged. */
export class UntriggeredSessionError extends Error {
  constructor() {
    super('the session begins without triggers (session_replication_role), so stored events would not be sealed');
  }
}

/** A commit may be missing on every replica, because somebody canceled the wait for replication. */
export class UnreplicatedCommitError extends Error {
  /** The code of the server's warning. `classifyLedgerError` finds the advice by this code. */
  readonly code = '01000';

  constructor() {
    super('somebody canceled the wait for synchronous replication, so the standby servers may lack the commit');
  }
}
