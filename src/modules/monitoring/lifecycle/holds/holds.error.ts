import { AuditError } from '../../../../audit/plain.js';

/** A legal hold cannot be placed or released as requested. */
export class InvalidHoldError extends AuditError {
  readonly code = 'AUDIT_HOLD_INVALID';

  constructor(seen: string, act: 'place' | 'release' = 'place') {
    const next =
      act === 'place' ? 'places it and why, and name a tenant, an actor, a resource or a time' : 'releases it and why';
    super(`Cannot ${act} the legal hold: ${seen}. Say who ${next}.`);
  }
}

/** No open hold has the given id. */
export class UnknownHoldError extends AuditError {
  readonly code = 'AUDIT_HOLD_UNKNOWN';

  constructor(id: string) {
    super(
      `Cannot release the legal hold ${id}: no hold has that id, or it was released before. List the holds to see their ids.`,
    );
  }
}
