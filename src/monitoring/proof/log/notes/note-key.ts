import { createPrivateKey, createPublicKey, hash, randomBytes, type KeyObject } from 'node:crypto';
import { decodeBase64, encodeBase64 } from './encoding.js';
import { proofErrors } from '../proof.errors.js';

/** The DER prefixes (RFC 8410) of raw Ed25519 keys of 32 bytes (RFC 8032). node:crypto does not accept raw keys. */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');

const KEY_BYTES = 32;

export function createPrivateKeyFromSeed(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_DER, seed]), format: 'der', type: 'pkcs8' });
}

export function createPublicKeyFromBytes(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_DER, bytes]), format: 'der', type: 'spki' });
}

function exportPublicKey(key: KeyObject): Buffer {
  return exportRawPublicKey(createPublicKey(key));
}

function exportRawPublicKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER.length);
}

/** `note` keys sign the text of a note; `cosignature` keys sign a checkpoint and a time. */
const SIGNATURE_TYPES = { note: 0x01, cosignature: 0x04 } as const;

export type SignatureType = keyof typeof SIGNATURE_TYPES;

interface NoteKey {
  readonly type: SignatureType;
  /** The signer's name: not empty, without spaces or plus signs. The name of a log's key is the log's origin. */
  readonly name: string;
  /** 32 bits that distinguish keys of the same name. */
  readonly id: number;
  /** The 32 bytes of a public key, or of a private key's seed. */
  readonly bytes: Uint8Array;
}

const SIGNING_KEY_PREFIX = 'PRIVATE+KEY+';

export function isKeyName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- a note must not contain control characters
  return name !== '' && name.isWellFormed() && !/[\0-\x1f\p{White_Space}+]/u.test(name);
}

/** Returns the id of a key: the first 32 bits of SHA-256(name ‖ 0x0A ‖ type ‖ public key). */
function computeKeyId(name: string, type: SignatureType, publicKey: Uint8Array): number {
  const content = Buffer.concat([Buffer.from(`${name}\n`), Uint8Array.of(SIGNATURE_TYPES[type]), publicKey]);
  return Buffer.from(hash('sha256', content, 'hex'), 'hex').readUInt32BE();
}

/** @throws `AUDIT_NOTE_KEY_INVALID` */
export function parseVerifierKeyText(text: string): NoteKey {
  return parseKeyText(text, (bytes) => bytes);
}

/** Parses a signing key; its `bytes` are the seed. @throws `AUDIT_NOTE_KEY_INVALID` */
export function parseSigningKeyText(text: string): NoteKey {
  const line = text.replace(/\n$/, ''); // without the newline at the end of a key file
  if (!line.startsWith(SIGNING_KEY_PREFIX))
    throw proofErrors.AUDIT_NOTE_KEY_INVALID('it does not begin with PRIVATE+KEY+');
  return parseKeyText(line.slice(SIGNING_KEY_PREFIX.length), (seed) => exportPublicKey(createPrivateKeyFromSeed(seed)));
}

function formatKey({ type, name, id, bytes }: NoteKey): string {
  const hex = id.toString(16).padStart(8, '0');
  return `${name}+${hex}+${encodeBase64(Buffer.concat([Uint8Array.of(SIGNATURE_TYPES[type]), bytes]))}`;
}

export interface KeyPair {
  /** `PRIVATE+KEY+<name>+<id>+<key>`: secret. Go's package `note` can read this text. */
  readonly signingKey: string;
  /** `<name>+<id>+<key>`: public. */
  readonly verifierKey: string;
}

/**
 * Generates a pair of keys.
 *
 * @param seed 32 secret bytes @defaultValue random bytes
 * @throws `AUDIT_NOTE_KEY_INVALID` for an invalid name or seed
 */
export function generateKeyPair(
  name: string,
  { type = 'note', seed = randomBytes(KEY_BYTES) }: { type?: SignatureType; seed?: Uint8Array } = {},
): KeyPair {
  if (!isKeyName(name)) throw proofErrors.AUDIT_NOTE_KEY_INVALID('its name is empty, or has a space or a plus sign');
  if (seed.length !== KEY_BYTES)
    throw proofErrors.AUDIT_NOTE_KEY_INVALID(`its seed has ${seed.length} bytes, not ${KEY_BYTES}`);
  const publicKey = exportPublicKey(createPrivateKeyFromSeed(seed));
  const id = computeKeyId(name, type, publicKey);
  return {
    signingKey: SIGNING_KEY_PREFIX + formatKey({ type, name, id, bytes: seed }),
    verifierKey: formatKey({ type, name, id, bytes: publicKey }),
  };
}

/** Formats the public part of an Ed25519 key as a verifier key of this name. */
export function formatVerifierKey(name: string, publicKey: KeyObject): string {
  const bytes = exportRawPublicKey(publicKey);
  return formatKey({ type: 'note', name, id: computeKeyId(name, 'note', bytes), bytes });
}

/**
 * Returns the verifier key of a signing key, with the same name, id and type.
 *
 * @throws `AUDIT_NOTE_KEY_INVALID`
 */
export function deriveVerifierKey(signingKey: string): string {
  const key = parseSigningKeyText(signingKey);
  return formatKey({ ...key, bytes: exportPublicKey(createPrivateKeyFromSeed(key.bytes)) });
}

function parseKeyText(text: string, publicKeyIn: (bytes: Uint8Array) => Uint8Array): NoteKey {
  const [, name = '', hex = '', encoded = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? [];
  const decoded = decodeBase64(encoded);
  if (!isKeyName(name) || !decoded) throw proofErrors.AUDIT_NOTE_KEY_INVALID('it does not have the form of a key');
  const type = parseSignatureType(decoded[0]);
  if (type === undefined)
    throw proofErrors.AUDIT_NOTE_KEY_INVALID('its type is neither Ed25519 (1) nor cosignature (4)');
  if (decoded.length !== 1 + KEY_BYTES) {
    throw proofErrors.AUDIT_NOTE_KEY_INVALID(`it has ${decoded.length - 1} bytes, not ${KEY_BYTES}`);
  }
  const [id, bytes] = [Number.parseInt(hex, 16), decoded.subarray(1)];
  if (computeKeyId(name, type, publicKeyIn(bytes)) !== id)
    throw proofErrors.AUDIT_NOTE_KEY_INVALID('its id does not match the key');
  return { type, name, id, bytes };
}

function parseSignatureType(byte: number | undefined): SignatureType | undefined {
  if (byte === SIGNATURE_TYPES.note) return 'note';
  return byte === SIGNATURE_TYPES.cosignature ? 'cosignature' : undefined;
}
