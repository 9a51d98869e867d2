import { AuditError } from '../../../audit/plain.js';

/** The table lacks a tile of the signed tree. */
export class TileMissingError extends AuditError {
  readonly code = 'AUDIT_TILE_MISSING';

  constructor(path: string) {
    super(
      `Cannot read ${path}: the table audit_tile lacks the tile or some of its hashes. Run nestjs-audit-ledger verify to find ` +
        'the change. You can compute tiles again from the leaves.',
    );
  }
}

/** The database does not contain some events of a bundle of entries. */
export class EntriesMissingError extends AuditError {
  readonly code = 'AUDIT_ENTRIES_MISSING';

  /** @param archive the archive of the first missing event, according to the database */
  constructor(count: number, firstIndex: number, archive?: string) {
    super(
      `Cannot show the entries: ${count} of them are missing in the database, the first with index ${firstIndex}. ` +
        (archive === undefined
          ? 'It was not retired: run nestjs-audit-ledger verify to find out what happened.'
          : `It was retired: read it from the archive ${archive}.`),
    );
  }
}

/** An entry of a bundle does not match its leaf. */
export class EntriesAlteredError extends AuditError {
  readonly code = 'AUDIT_ENTRIES_ALTERED';

  constructor(index: number) {
    super(
      `Cannot show the entries: the stored event with index ${index} does not match its leaf. Run nestjs-audit-ledger verify to find ` +
        'the change.',
    );
  }
}
