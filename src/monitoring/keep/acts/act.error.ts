import { AuditError } from '../../../audit/plain.js';

/** A note is not a signed act of this log. */
export class InvalidActError extends AuditError {
  readonly code = 'AUDIT_ACT_INVALID';

  /** @param seen what is wrong, as a clause */
  static create(seen: string, cause?: unknown): InvalidActError {
    return new InvalidActError(
      `Cannot accept the act: ${seen}. Verify the ledger with the keys of its log: an act that none of them signed is not the ledger's.`,
      { cause },
    );
  }
}

/** The database accepted an act, but did not store the act. */
export class ActLostError extends AuditError {
  readonly code = 'AUDIT_ACT_LOST';

  static create(number: number): ActLostError {
    return new ActLostError(
      `Cannot store act ${number} of the ledger: the database accepted it and stored nothing. A trigger on audit_act may be the cause. ` +
        'Nothing was done. Run nestjs-audit-ledger verify: it names triggers that are not the ledger’s own.',
    );
  }
}

/** The event of an act was parked. Without it, nothing in the log proves the act. */
export class ActParkedError extends AuditError {
  readonly code = 'AUDIT_ACT_PARKED';

  /** @param line the number of the parked line */
  static create(line: number, act: number): ActParkedError {
    return new ActParkedError(
      `Cannot discard the line ${line}: it has the event of act ${act} of the ledger, and without the event, verify names the act as forged. ` +
        'Correct the cause that nestjs-audit-ledger parked shows, and run nestjs-audit-ledger parked retry.',
    );
  }
}
