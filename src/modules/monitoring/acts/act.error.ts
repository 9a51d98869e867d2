import { AuditError } from '../../../audit/plain.js';

/** A note that is not a signed act of this log. */
export class InvalidActError extends AuditError {
  readonly code = 'AUDIT_ACT_INVALID';

  /** @param seen what is wrong, a part of a sentence */
  static create(seen: string, cause?: unknown): InvalidActError {
    return new InvalidActError(
      `Cannot accept the act: ${seen}. Verify the ledger with the keys of its log; what is not signed by one was not done by it.`,
      { cause },
    );
  }
}

/** The database accepted an act but did not store it. */
export class ActLostError extends AuditError {
  readonly code = 'AUDIT_ACT_LOST';

  static create(number: number): ActLostError {
    return new ActLostError(
      `Cannot store act ${number} of the ledger: the database took it and stored nothing, as a trigger on audit_act would have it. ` +
        'Nothing was done. Run nestjs-audit-ledger verify: it names what is not the ledger’s own.',
    );
  }
}
