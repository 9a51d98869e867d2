import { AuditError } from '../../../../audit/plain.js';

/** A tile that the signed tree has, and the table has not. */
export class TileMissingError extends AuditError {
  readonly code = 'AUDIT_TILE_MISSING';

  constructor(path: string) {
    super(
      `Cannot read ${path}: the table audit_tile has it not, or narrower. Find out by nestjs-audit-ledger verify who changed it; ` +
        'tiles follow from the leaves, and can be computed again.',
    );
  }
}

/** A bundle of entries whose events are not all stored any more. */
export class EntriesMissingError extends AuditError {
  readonly code = 'AUDIT_ENTRIES_MISSING';

  /** @param archive that the first of them is in, by what the database says */
  constructor(count: number, firstIndex: number, archive?: string) {
    super(
      `Cannot show the entries: ${count} of them are not stored any more, the first with index ${firstIndex}. ` +
        (archive === undefined
          ? 'It was not retired: find out by nestjs-audit-ledger verify what happened.'
          : `It was retired: read it from the archive ${archive}.`),
    );
  }
}

/** A bundle of entries one of which is not what its leaf says. */
export class EntriesAlteredError extends AuditError {
  readonly code = 'AUDIT_ENTRIES_ALTERED';

  constructor(index: number) {
    super(
      `Cannot show the entries: the stored event with index ${index} does not match its leaf. Find out by nestjs-audit-ledger verify ` +
        'what was changed.',
    );
  }
}
