import { AuditError } from '../../../audit/plain.js';

/** The replica of `readUrl` does not answer, or does not replicate the ledger's primary. */
export class ReadReplicaAwayError extends AuditError {
  readonly code = 'AUDIT_READ_REPLICA_AWAY';

  /** @param seen what the server or the system said */
  static create(seen: string): ReadReplicaAwayError {
    return new ReadReplicaAwayError(
      `Cannot rely on the replica of readUrl: ${seen}. See to that server, or take readUrl out and restart: then the primary answers.`,
    );
  }
}

/** The replica of `readUrl` lags behind the primary for a while already. */
export class ReadReplicaLateError extends AuditError {
  readonly code = 'AUDIT_READ_REPLICA_LATE';

  static create(lagSeconds: number): ReadReplicaLateError {
    return new ReadReplicaLateError(
      `Cannot show the newest events: the replica of readUrl is ${Math.round(lagSeconds)} s behind. See pg_stat_replication on the ` +
        'primary, and long queries on the replica, which hold its replay up.',
    );
  }
}
