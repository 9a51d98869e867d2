/** The length of the time in front of a cosignature's Ed25519 signature, in bytes. */
export const TIMESTAMP_BYTES = 8;

/** The message that a witness signs (tlog-cosignature, v1): that it saw this checkpoint at that time. */
export function cosignedMessage(noteText: string, timestampSeconds: bigint): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${timestampSeconds}\n${noteText}`);
}

/** The time within a cosignature, in seconds since 1970; `undefined` for anything else, or beyond 2^63 - 1. */
export function timestampOf(cosignature: Uint8Array): bigint | undefined {
  if (cosignature.length < TIMESTAMP_BYTES) return undefined;
  const timestamp = Buffer.from(cosignature).readBigUInt64BE();
  return timestamp < 2n ** 63n ? timestamp : undefined;
}

/** Encodes a time and the signature over {@link cosignedMessage}, as they stand in a note. */
export function encodeCosignature(timestampSeconds: bigint, signature: Uint8Array): Uint8Array {
  const time = Buffer.alloc(TIMESTAMP_BYTES);
  time.writeBigUInt64BE(timestampSeconds);
  return Buffer.concat([time, signature]);
}
