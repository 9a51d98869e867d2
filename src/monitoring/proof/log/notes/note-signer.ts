import { sign, verify, type KeyObject } from 'node:crypto';
import {
  parseSigningKeyText,
  parseVerifierKeyText,
  createPrivateKeyFromSeed,
  createPublicKeyFromBytes,
  type SignatureType,
} from './note-key.js';

const TIMESTAMP_BYTES = 8;

export interface NoteSigner {
  readonly name: string;
  readonly keyId: number;
  /** Returns the signature, without the key's id. */
  readonly sign: (text: string) => Uint8Array;
}

/** Signs the texts of notes with one key, which may be on another machine. */
export interface RemoteSigner extends Pick<NoteSigner, 'name' | 'keyId'> {
  readonly sign: (text: string) => Uint8Array | Promise<Uint8Array>;
}

export interface NoteVerifier {
  readonly type: SignatureType;
  readonly name: string;
  readonly keyId: number;
  /** Whether the key made this signature over this text. The signature does not include the key's id. Never throws. */
  isSignature(text: string, signature: Uint8Array): boolean;
}

/**
 * Makes a signer from the content of a key file. A witness's key also signs the time, in whole seconds.
 *
 * @param now returns the time in milliseconds; only for the keys of witnesses
 * @throws `AUDIT_NOTE_KEY_INVALID`
 */
export function parseSigningKey(text: string, now: () => number = Date.now): NoteSigner {
  const { type, name, id: keyId, bytes } = parseSigningKeyText(text);
  const key = createPrivateKeyFromSeed(bytes);
  if (type === 'note') return { name, keyId, sign: (noteText) => sign(null, Buffer.from(noteText), key) };
  return {
    name,
    keyId,
    sign(noteText) {
      const timestampSeconds = BigInt(Math.floor(now() / 1_000));
      return encodeCosignature(timestampSeconds, sign(null, buildCosignedMessage(noteText, timestampSeconds), key));
    },
  };
}

/**
 * Makes a verifier from a verifier key `<name>+<id>+<key>`.
 *
 * @throws `AUDIT_NOTE_KEY_INVALID`
 */
export function parseVerifierKey(text: string): NoteVerifier {
  const { type, name, id: keyId, bytes } = parseVerifierKeyText(text);
  const key = createPublicKeyFromBytes(bytes);
  const isSignature =
    type === 'note'
      ? (noteText: string, signature: Uint8Array) => verify(null, Buffer.from(noteText), key, signature)
      : (noteText: string, signature: Uint8Array) => isCosignature(noteText, signature, key);
  return { type, name, keyId, isSignature };
}

function isCosignature(noteText: string, cosignature: Uint8Array, key: KeyObject): boolean {
  const timestampSeconds = parseTimestamp(cosignature);
  if (timestampSeconds === undefined) return false;
  return verify(null, buildCosignedMessage(noteText, timestampSeconds), key, cosignature.subarray(TIMESTAMP_BYTES));
}

/** Returns the message that a witness signs, in the format tlog-cosignature, v1. */
function buildCosignedMessage(noteText: string, timestampSeconds: bigint): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${timestampSeconds}\n${noteText}`);
}

/** Returns the time of a cosignature, in seconds since 1970; `undefined` for too few bytes, or a time beyond 2^63 - 1. */
export function parseTimestamp(cosignature: Uint8Array): bigint | undefined {
  if (cosignature.length < TIMESTAMP_BYTES) return undefined;
  const timestamp = Buffer.from(cosignature).readBigUInt64BE();
  return timestamp < 2n ** 63n ? timestamp : undefined;
}

/** Encodes a time and the signature over {@link buildCosignedMessage} in the format of a cosignature. */
export function encodeCosignature(timestampSeconds: bigint, signature: Uint8Array): Uint8Array {
  const time = Buffer.alloc(TIMESTAMP_BYTES);
  time.writeBigUInt64BE(timestampSeconds);
  return Buffer.concat([time, signature]);
}
