import { decodeBase64, encodeBase64 } from './encoding.js';
import { isKeyName } from './note-key.js';
import type { NoteSigner, NoteVerifier, RemoteSigner } from './note-signer.js';
import { proofErrors } from '../proof.errors.js';

const MAX_NOTE_BYTES = 1_000_000;
const MAX_NOTE_SIGNATURES = 100;

/** A signature of a note: the name and the id of the claimed key, and the bytes after the id. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** The parts of a note. The note is not verified, so do not trust its text. */
export interface ParsedNote {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

interface VerifiedNote {
  readonly text: string;
  /** The valid signatures of known keys, one for each key. */
  readonly verified: readonly NoteSignature[];
}

const SEPARATOR = '\n\n';
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/u;
const KEY_ID_BYTES = 4;

/**
 * Writes a note: a text, and the signature of each signer, in the signers' order.
 *
 * @param text well-formed Unicode that ends in a newline, without other control characters
 * @throws `AUDIT_PROOF_INVALID` for any other text
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  checkText(text);
  return appendSignatures(
    text,
    signers.map(({ name, keyId, sign }) => ({ name, keyId, signature: sign(text) })),
  );
}

/** Writes a note as {@link signNote} does. The signers work at the same time. Rejects with the error of a signer. */
export async function signRemotely(text: string, signers: readonly RemoteSigner[]): Promise<string> {
  checkText(text);
  const signing = signers.map(async ({ name, keyId, sign }) => ({ name, keyId, signature: await sign(text) }));
  return appendSignatures(text, await Promise.all(signing));
}

function appendSignatures(text: string, signatures: readonly NoteSignature[]): string {
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`;
}

/** Appends signatures to a note, except those that the note already has. */
export function addSignatures(note: string, signatures: readonly NoteSignature[]): string {
  const lines = signatures.map(formatSignatureLine).filter((line) => !note.includes(`\n${line}`));
  return note + [...new Set(lines)].join('');
}

export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyId);
  return `\u2014 ${name} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
}

/**
 * Parses a note without verifying it, so do not trust the note's text.
 *
 * @throws `AUDIT_PROOF_INVALID`
 */
export function parseNote(note: string | Uint8Array): ParsedNote {
  const whole = typeof note === 'string' ? note : decodeUtf8(note);
  if (Buffer.byteLength(whole) > MAX_NOTE_BYTES)
    throw proofErrors.AUDIT_PROOF_INVALID.note(`it is longer than ${MAX_NOTE_BYTES} bytes`);
  const end = whole.lastIndexOf(SEPARATOR);
  if (end < 0) throw proofErrors.AUDIT_PROOF_INVALID.note('it has no empty line before its signatures');
  checkText(whole);
  const text = whole.slice(0, end + 1);
  return { text, signatures: parseSignatureLines(whole.slice(end + SEPARATOR.length)) };
}

/**
 * Parses one or more lines in the format of {@link formatSignatureLine}.
 *
 * @throws `AUDIT_PROOF_INVALID`
 */
export function parseSignatureLines(lines: string): readonly NoteSignature[] {
  if (!lines.endsWith('\n')) throw proofErrors.AUDIT_PROOF_INVALID.note('its last line is missing or cut off');
  const each = lines.slice(0, -1).split('\n');
  if (each.length > MAX_NOTE_SIGNATURES)
    throw proofErrors.AUDIT_PROOF_INVALID.note(`it has more than ${MAX_NOTE_SIGNATURES} signatures`);
  return each.map(parseSignatureLine);
}

/**
 * Verifies that at least one known key signed a note, and returns the note's text. Ignores signatures of other keys, even if another key
 * shares the name or the id of a known key.
 *
 * @throws `AUDIT_PROOF_INVALID`
 * @throws `AUDIT_PROOF_WRONG` when a signature with a known key's name and id was not made by that key
 * @throws `AUDIT_NOTE_UNVERIFIED` when no known key signed the note
 */
export function verifyNote(note: string | Uint8Array, known: readonly NoteVerifier[]): VerifiedNote {
  const { text, signatures } = parseNote(note);
  const verified = filterVerifiedSignatures(text, signatures, known);
  if (verified.length === 0) {
    throw proofErrors.AUDIT_NOTE_UNVERIFIED(known.map(formatKeyLabel), signatures.map(formatKeyLabel));
  }
  return { text, verified };
}

/**
 * Returns the valid signatures of known keys, one for each key. @throws `AUDIT_PROOF_WRONG` if a known key's signature is
 * wrong
 */
export function filterVerifiedSignatures(
  text: string,
  signatures: readonly NoteSignature[],
  known: readonly NoteVerifier[],
): readonly NoteSignature[] {
  const verified = new Map<string, NoteSignature>();
  for (const signature of signatures) {
    const key = formatKeyLabel(signature);
    const verifiers = known.filter((verifier) => formatKeyLabel(verifier) === key);
    if (verifiers.length === 0 || verified.has(key)) continue;
    if (!verifiers.some((verifier) => verifier.isSignature(text, signature.signature)))
      throw proofErrors.AUDIT_PROOF_WRONG.signature(key);
    verified.set(key, signature);
  }
  return [...verified.values()];
}

/** Returns the label of a key in messages: `<name>+<id>`. */
export function formatKeyLabel({ name, keyId }: { readonly name: string; readonly keyId: number }): string {
  return `${name}+${keyId.toString(16).padStart(8, '0')}`;
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || !bytes || bytes.length <= KEY_ID_BYTES) {
    throw proofErrors.AUDIT_PROOF_INVALID.note('a line after its last empty line is not a signature');
  }
  return { name, keyId: bytes.readUInt32BE(), signature: bytes.subarray(KEY_ID_BYTES) };
}

function checkText(text: string): void {
  if (!text.endsWith('\n')) throw proofErrors.AUDIT_PROOF_INVALID.note('it does not end in a newline');
  if (!text.isWellFormed()) throw proofErrors.AUDIT_PROOF_INVALID.note('it is not Unicode text');
  // eslint-disable-next-line no-control-regex -- it finds control characters
  if (/[\0-\x09\x0b-\x1f]/.test(text)) throw proofErrors.AUDIT_PROOF_INVALID.note('it has a control character');
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw proofErrors.AUDIT_PROOF_INVALID.note('it is not UTF-8');
  }
}
