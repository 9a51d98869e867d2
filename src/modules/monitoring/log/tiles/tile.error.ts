import { AuditError } from '../../../../audit/plain.js';

/** A path does not name a tile. */
export class InvalidTilePathError extends AuditError {
  readonly code = 'AUDIT_TILE_PATH_INVALID';

  constructor(path: string) {
    super(
      `Cannot find a tile: the path ${JSON.stringify(path.slice(0, 100))} is not the path of a tile. ` +
        'Ask for tile/<level>/<index> or tile/entries/<index>, with .p/<width> for a partial one.',
    );
  }
}

/** A tile has another number of hashes than its address requires. */
export class InvalidTileError extends AuditError {
  readonly code = 'AUDIT_TILE_INVALID';

  constructor(path: string, expectedBytes: number, seenBytes: number) {
    super(
      `Cannot use the tile ${path}: it has ${seenBytes} bytes, not ${expectedBytes}. ` +
        'Compare the tiles with a copy from elsewhere; they follow from the entries, and can be computed again.',
    );
  }
}

/** A bundle of entries is cut, too long, or has another number of entries than its address requires. */
export class InvalidBundleError extends AuditError {
  readonly code = 'AUDIT_ENTRY_BUNDLE_INVALID';

  constructor(what: string) {
    super(`Cannot read a bundle of entries: ${what}. Fetch it again, or compare it with a copy from elsewhere.`);
  }
}
