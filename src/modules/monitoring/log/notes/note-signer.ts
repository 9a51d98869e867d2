import type { KeyObject } from 'node:crypto';
import { cosignedMessage, encodeCosignature, TIMESTAMP_BYTES, timestampOf } from './cosignature.js';
import { isSignatureOf, privateKeyOf, publicKeyOf, signBytes } from './ed25519.js';
import { parseSigningKeyText, parseVerifierKeyText, type SignatureType } from './note-key.js';

/** Signs texts of notes with one key. */
export interface NoteSigner {
  readonly name: string;
  readonly keyId: number;
  /** The signature, without the key's id. */
  sign(text: string): Uint8Array;
}

/** Checks signatures of one key. */
export interface NoteVerifier {
  readonly type: SignatureType;
  readonly name: string;
  readonly keyId: number;
  /** Whether the key made the signature, without the key's id, over this text. Never throws. */
  isSignature(text: string, signature: Uint8Array): boolean;
}

/**
 * Makes a signer from a key file's content. A witness's signer also signs the time, in whole seconds.
 *
 * @param now the time in milliseconds, for the keys of witnesses
 * @throws InvalidNoteKeyError (`AUDIT_NOTE_KEY_INVALID`)
 */
export function parseSigningKey(text: string, now: () => number = Date.now): NoteSigner {
  const { type, name, id: keyId, bytes } = parseSigningKeyText(text);
  const key = privateKeyOf(bytes);
  if (type === 'note') return { name, keyId, sign: (noteText) => signBytes(Buffer.from(noteText), key) };
  return {
    name,
    keyId,
    sign(noteText) {
      const timestampSeconds = BigInt(Math.floor(now() / 1_000));
      return encodeCosignature(timestampSeconds, signBytes(cosignedMessage(noteText, timestampSeconds), key));
    },
  };
}

/**
 * Makes a verifier from a key `<name>+<id>+<key>`.
 *
 * @throws InvalidNoteKeyError (`AUDIT_NOTE_KEY_INVALID`)
 */
export function parseVerifierKey(text: string): NoteVerifier {
  const { type, name, id: keyId, bytes } = parseVerifierKeyText(text);
  const key = publicKeyOf(bytes);
  const isSignature =
    type === 'note'
      ? (noteText: string, signature: Uint8Array) => isSignatureOf(Buffer.from(noteText), signature, key)
      : (noteText: string, signature: Uint8Array) => isCosignature(noteText, signature, key);
  return { type, name, keyId, isSignature };
}

function isCosignature(noteText: string, cosignature: Uint8Array, key: KeyObject): boolean {
  const timestampSeconds = timestampOf(cosignature);
  if (timestampSeconds === undefined) return false;
  return isSignatureOf(cosignedMessage(noteText, timestampSeconds), cosignature.subarray(TIMESTAMP_BYTES), key);
}
