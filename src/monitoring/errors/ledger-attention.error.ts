import { AuditError } from '../../audit/plain.js';

/** The ledger lacks partitions for the coming months. */
export class PartitionsMissingError extends AuditError {
  readonly code = 'AUDIT_PARTITIONS_MISSING';

  /** @param monthsReady the number of consecutive months with a partition, from the current month on */
  constructor(monthsReady: number) {
    super(
      `Cannot rely on the ledger's partitions: from this month on, only ${monthsReady} consecutive month(s) have a partition. The ledger ` +
        'creates partitions daily, and when an event needs one. Read in the log why this fails, and grant the ledger EXECUTE on ' +
        'audit_event_make_partition().',
    );
  }
}

/** Stored events have waited too long for the sequencer. */
export class SealingLateError extends AuditError {
  readonly code = 'AUDIT_SEALING_LATE';

  constructor(waitingSeconds: number) {
    super(
      `Cannot seal the ledger in time: a stored event has waited for ${Math.round(waitingSeconds)} s to be sealed. Check that ` +
        'one instance leads (its /health shows "sequencer": "leading"), and read the log of that instance.',
    );
  }
}

/** The sealer has put lines of the inbox aside. */
export class LinesParkedError extends AuditError {
  readonly code = 'AUDIT_LINES_PARKED';

  constructor(lines: number) {
    super(
      `Cannot seal ${lines} line(s) of the inbox: they are parked. Run nestjs-audit-ledger parked to read the reasons. If somebody forged ` +
        'the lines, find out who uses the login of the application, and discard them (parked discard). Otherwise, correct the cause, and ' +
        'move the lines back (parked retry).',
    );
  }
}

/** The leader accepts only rows with the application's key, which this process lacks. */
export class UnknownWriterError extends AuditError {
  readonly code = 'AUDIT_WRITER_UNKNOWN';

  static create(): UnknownWriterError {
    return new UnknownWriterError(
      'Cannot record the event: the leader would not believe it, because this process lacks the spillKey of the application. Set ' +
        'AUDIT_SPILL_KEY to the application’s spillKey.',
    );
  }

  static ofLeader(): UnknownWriterError {
    return new UnknownWriterError(
      'Cannot seal as the leader: the instances of this application sign what they record, and this process lacks their spillKey. Set ' +
        `spillKey (AUDIT_SPILL_KEY). To give up the key, run as the ledger’s owner: UPDATE audit_head SET writer_keys = '{}'`,
    );
  }
}

/** Stored events were not sealed in the time that the caller gave. */
export class LedgerUnsettledError extends AuditError {
  readonly code = 'AUDIT_LEDGER_UNSETTLED';

  static create(limitMs: number): LedgerUnsettledError {
    return new LedgerUnsettledError(
      `Cannot wait longer for the ledger: what was stored is not sealed after ${limitMs} ms. Check that one instance leads (its /health ` +
        'shows "sequencer": "leading"), and read the log of that instance.',
    );
  }
}

/** The replica of `readUrl` does not respond, or does not replicate the ledger's primary. */
export class ReadReplicaAwayError extends AuditError {
  readonly code = 'AUDIT_READ_REPLICA_AWAY';

  /** @param seen the error of the server or the system */
  static create(seen: string): ReadReplicaAwayError {
    return new ReadReplicaAwayError(
      `Cannot rely on the replica of readUrl: ${seen}. Repair that server, or remove readUrl and restart: queries then use the primary.`,
    );
  }
}

/** The replica of `readUrl` has lagged behind the primary for a while. */
export class ReadReplicaLateError extends AuditError {
  readonly code = 'AUDIT_READ_REPLICA_LATE';

  static create(lagSeconds: number): ReadReplicaLateError {
    return new ReadReplicaLateError(
      `Cannot show the newest events: the replica of readUrl is ${Math.round(lagSeconds)} s behind. Check pg_stat_replication on the ` +
        'primary. On the replica, end long queries: they delay the replay.',
    );
  }
}

/** Another process has held a lock of the ledger for too long. */
export class LockHeldError extends AuditError {
  readonly code = 'AUDIT_LOCK_HELD';

  /** @param holder the session that holds the lock, as a noun */
  static ofArchives(holder: string): LockHeldError {
    return new LockHeldError(
      `Cannot acquire the lock of the archives within a minute: ${holder} holds it. If that session is an erasure or a retention of the ` +
        'application, wait until it ends. If not, end the session: "SELECT pg_terminate_backend(<pid>)".',
    );
  }

  /** @param seen the session that holds the lock, as a sentence */
  static by(seen: string): LockHeldError {
    return new LockHeldError(
      `Cannot acquire a lock of the ledger within a minute: a session that is not an instance of the application holds it. ${seen} ` +
        'Find out what that session does, and end it: "SELECT pg_terminate_backend(<pid>)".',
    );
  }
}
