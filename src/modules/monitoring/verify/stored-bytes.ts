const NOTHING = new Uint8Array();

/** The bytes of a column that is never null, unless somebody dropped that constraint. */
export function storedBytes(value: unknown): Uint8Array {
  return Buffer.isBuffer(value) ? value : NOTHING;
}
