import { AuditError } from '../../../../audit/plain.js';

/** A legal hold that nobody can place, or release so. */
export class InvalidHoldError extends AuditError {
  readonly code = 'AUDIT_HOLD_INVALID';

  constructor(seen: string, act: 'place' | 'release' = 'place') {
    const next =
      act === 'place' ? 'places it and why, and name a tenant, an actor, a resource or a time' : 'releases it and why';
    super(`Cannot ${act} the legal hold: ${seen}. Say who ${next}.`);
  }
}

/** There is no hold of that id that could be released. */
export class UnknownHoldError extends AuditError {
  readonly code = 'AUDIT_HOLD_UNKNOWN';

  constructor(id: string) {
    super(
      `Cannot release the legal hold ${id}: no hold has that id, or it was released before. List the holds to see their ids.`,
    );
  }
}
