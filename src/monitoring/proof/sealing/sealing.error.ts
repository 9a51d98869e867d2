import { AuditError } from '../../../audit/plain.js';

/** A personal part does not belong to the event. */
export class PersonalPartError extends AuditError {
  readonly code = 'AUDIT_PERSONAL_PART_INVALID';

  constructor(pointer: string) {
    super(
      `Cannot join the personal part with the event: ${JSON.stringify(pointer.slice(0, 200))} does not fit the event. ` +
        'The event or its personal part was changed: compare them with another copy.',
    );
  }
}

/** A salt is not 16 bytes long. */
export class InvalidSaltError extends AuditError {
  readonly code = 'AUDIT_SALT_INVALID';

  constructor(bytes: number) {
    super(`Cannot commit to a personal part: its salt has ${bytes} bytes, not 16. Use 16 random bytes for each event.`);
  }
}

/** A sealed event is too long for a bundle of entries. Events that the library's core made are never too long. */
export class EntryTooLargeError extends AuditError {
  readonly code = 'AUDIT_ENTRY_TOO_LARGE';

  constructor(id: string, bytes: number, maxBytes: number) {
    super(
      `Cannot seal the event ${id}: its canonical JSON has ${bytes} bytes, but an entry can have only ${maxBytes}. ` +
        'Record events through the core, which limits their size.',
    );
  }
}

/** A line of the inbox is not an event as the core writes it. */
export class InvalidLineError extends AuditError {
  readonly code = 'AUDIT_LINE_INVALID';

  constructor(seen: string) {
    super(`Cannot seal the line: ${seen.slice(0, 300)}. Record events through the core, which writes such lines.`);
  }
}
