import { AuditError } from '../../../audit/plain.js';

/** The ledger has no partitions ready for the months to come. */
export class PartitionsMissingError extends AuditError {
  readonly code = 'AUDIT_PARTITIONS_MISSING';

  /** @param monthsReady consecutive months, including the current one */
  constructor(monthsReady: number) {
    super(
      `Cannot rely on the ledger's partitions: ${monthsReady} month(s) in a row are ready, this one counted. They are made ` +
        'daily, and when an event needs one: see why the log says that this fails, and let the ledger execute ' +
        'audit_event_make_partition().',
    );
  }
}

/** Stored events wait too long for their places in the tree. */
export class SealingLateError extends AuditError {
  readonly code = 'AUDIT_SEALING_LATE';

  constructor(waitingSeconds: number) {
    super(
      `Cannot seal the ledger in time: an event is stored for ${Math.round(waitingSeconds)} s and has no place yet. Check that ` +
        'an instance leads (its /health says "sequencer": "leading"), and read its log.',
    );
  }
}

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

/** Another process holds a lock of the ledger for too long. */
export class LockHeldError extends AuditError {
  readonly code = 'AUDIT_LOCK_HELD';

  /** @param holder a noun */
  static ofArchives(holder: string): LockHeldError {
    return new LockHeldError(
      `Cannot take the lock of the archives for longer than a minute: ${holder} holds it. If that is an erasure or a retention of the ` +
        'application, wait for its end; else end the session: "SELECT pg_terminate_backend(<pid>)".',
    );
  }

  /** @param seen who holds it: a sentence */
  static by(seen: string): LockHeldError {
    return new LockHeldError(
      `Cannot take a lock of the ledger for longer than a minute: a session that is not an instance of the application holds it. ${seen} ` +
        'See what that session does, and end it: "SELECT pg_terminate_backend(<pid>)".',
    );
  }
}
