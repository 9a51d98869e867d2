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
