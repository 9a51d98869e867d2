import { AuditError } from '../../../../audit/plain.js';

export class InvalidTilePathError extends AuditError {
  readonly code = 'AUDIT_TILE_PATH_INVALID';

  constructor(path: string) {
    super(
      `Cannot find a tile: the path ${JSON.stringify(path.slice(0, 100))} is not the path of a tile. ` +
        'Give tile/<level>/<index> or tile/entries/<index>, with .p/<width> for a partial tile.',
    );
  }
}

/** A tile does not have the number of hashes that its address requires. */
export class InvalidTileError extends AuditError {
  readonly code = 'AUDIT_TILE_INVALID';

  constructor(path: string, expectedBytes: number, seenBytes: number) {
    super(
      `Cannot use the tile ${path}: it has ${seenBytes} bytes, not ${expectedBytes}. ` +
        'Compare the tiles with another copy. You can also compute them again from the entries.',
    );
  }
}

/** A bundle of entries is cut off, or does not have the number of entries that its address requires. */
export class InvalidBundleError extends AuditError {
  readonly code = 'AUDIT_ENTRY_BUNDLE_INVALID';

  constructor(what: string) {
    super(`Cannot read a bundle of entries: ${what}. Fetch it again, or compare it with another copy.`);
  }
}
