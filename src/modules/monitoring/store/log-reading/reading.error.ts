import { AuditError } from '../../../../audit/plain.js';

/** The table lacks a tile of the signed tree. */
export class TileMissingError extends AuditError {
  readonly code = 'AUDIT_TILE_MISSING';

  constructor(path: string) {
    super(
      `Cannot read ${path}: the table audit_tile has it not, or narrower. Find out by nestjs-audit-ledger verify who changed it; ` +
        'tiles follow from the leaves, and can be computed again.',
    );
  }
}

/** Some events of a bundle of entries are no longer stored. */
export class EntriesMissingError extends AuditError {
  readonly code = 'AUDIT_ENTRIES_MISSING';

  /** @param archive the archive of the first one, according to the database */
  constructor(count: number, firstIndex: number, archive?: string) {
    super(
      `Cannot show the entries: ${count} of them are not stored any more, the first with index ${firstIndex}. ` +
        (archive === undefined
          ? 'It was not retired: find out by nestjs-audit-ledger verify what happened.'
          : `It was retired: read it from the archive ${archive}.`),
    );
  }
}

/** An entry of a bundle does not match its leaf. */
export class EntriesAlteredError extends AuditError {
  readonly code = 'AUDIT_ENTRIES_ALTERED';

  constructor(index: number) {
    super(
      `Cannot show the entries: the stored event with index ${index} does not match its leaf. Find out by nestjs-audit-ledger verify ` +
        'what was changed.',
    );
  }
}
