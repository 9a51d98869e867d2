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
