import { AuditError } from '../../../../audit/plain.js';

/** A request to place or release a legal hold is invalid. */
export class InvalidHoldError extends AuditError {
  readonly code = 'AUDIT_HOLD_INVALID';

  constructor(seen: string, act: 'place' | 'release' = 'place') {
    const next =
      act === 'place'
        ? 'Name the person who places the hold, the reason, and a tenant, an actor, a resource or a time'
        : 'Name the person who releases the hold, and the reason';
    super(`Cannot ${act} the legal hold: ${seen}. ${next}.`);
  }
}

/** No hold has the given id, or the hold is already released. */
export class UnknownHoldError extends AuditError {
  readonly code = 'AUDIT_HOLD_UNKNOWN';

  constructor(id: string) {
    super(
      `Cannot release the legal hold ${id}: no hold has that id, or it was released before. List the holds to see their ids.`,
    );
  }
}
