import { AuditError } from '../../../../audit/plain.js';

/** A text is not a signed note. */
export class InvalidNoteError extends AuditError {
  readonly code = 'AUDIT_NOTE_INVALID';

  constructor(what: string) {
    super(`Cannot read the signed note: ${what}. Fetch it again, byte for byte.`);
  }
}

/** No known key signed the note, so the note's content cannot be trusted. */
export class UnverifiedNoteError extends AuditError {
  readonly code = 'AUDIT_NOTE_UNVERIFIED';

  constructor(known: readonly string[], seen: readonly string[]) {
    super(
      `Cannot trust the note: it is signed by ${list(seen)}, but the known keys are ${list(known)}. ` +
        'Give the verifier key of its signer, from a source that you trust.',
    );
  }
}

/** A signature has the name and the id of a known key, but the known key did not make the signature. */
export class ForgedNoteError extends AuditError {
  readonly code = 'AUDIT_NOTE_FORGED';

  constructor(key: string) {
    super(
      `Cannot trust the note: its signature by ${key} is wrong. ` +
        'Its text or the signature was changed: compare the note with a copy from elsewhere.',
    );
  }
}

/** A signing key, a verifier key or a key's name is invalid. The message never contains the key. */
export class InvalidNoteKeyError extends AuditError {
  readonly code = 'AUDIT_NOTE_KEY_INVALID';

  constructor(what: string) {
    super(
      `Cannot use the key of signed notes: ${what}. Give <name>+<id>+<key> for a verifier key, ` +
        'PRIVATE+KEY+<name>+<id>+<key> for a signing key, as keygen printed them.',
    );
  }
}

/** The text of a note is not a checkpoint. */
export class InvalidCheckpointError extends AuditError {
  readonly code = 'AUDIT_CHECKPOINT_INVALID';

  constructor(what: string) {
    super(
      `Cannot read the checkpoint: ${what}. A checkpoint has three lines: origin, size, and the root hash in base64.`,
    );
  }
}

/** A checkpoint belongs to another log. */
export class ForeignCheckpointError extends AuditError {
  readonly code = 'AUDIT_CHECKPOINT_FOREIGN';

  constructor(expected: string, seen: string) {
    super(
      `Cannot use the checkpoint: it belongs to the log ${JSON.stringify(seen)}, not to ${JSON.stringify(expected)}. ` +
        'Give a checkpoint of the expected log, or correct the expected origin.',
    );
  }
}

/** A signed note is not a statement of the expected kind and ledger. */
export class InvalidStatementError extends AuditError {
  readonly code = 'AUDIT_STATEMENT_INVALID';

  /** @param expected the first line of a statement of the expected kind */
  static otherKind(expected: string): InvalidStatementError {
    return new InvalidStatementError(
      `Cannot read the signed statement: it is a note of another kind. Give a note whose first line is ${expected}.`,
    );
  }

  static otherLedger(expected: string, seen: string): InvalidStatementError {
    return new InvalidStatementError(
      `Cannot trust the signed statement: it belongs to the ledger ${seen}, but the keys belong to ${expected}. Give the keys of its ledger.`,
    );
  }
}

/** A message from or to a witness does not have the format of the protocol tlog-witness. */
export class InvalidWitnessMessageError extends AuditError {
  readonly code = 'AUDIT_WITNESS_MESSAGE_INVALID';

  constructor(what: string) {
    super(`Cannot read the witness's message: ${what}. Check the witness's URL, and the proxies on the way.`);
  }
}

/** A text is not a proof. */
export class InvalidProofError extends AuditError {
  readonly code = 'AUDIT_PROOF_INVALID';

  constructor(what: string) {
    super(`Cannot read the proof: ${what}. Fetch it again, byte for byte.`);
  }
}

/** The proof does not lead from the entry to the signed root hash. */
export class WrongProofError extends AuditError {
  readonly code = 'AUDIT_PROOF_WRONG';

  constructor(index: number, size: number) {
    super(
      `Cannot prove the entry: its hash does not lead from index ${index} to the signed root of ${size} entries. ` +
        'The entry or the proof was changed, or the proof belongs to another entry. Fetch both again.',
    );
  }
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 16).join(', ');
}
