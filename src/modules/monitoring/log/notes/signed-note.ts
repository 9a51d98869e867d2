import { decodeBase64, encodeBase64 } from './encoding.js';
import { isKeyName } from './note-key.js';
import { ForgedNoteError, InvalidNoteError, UnverifiedNoteError } from './note.error.js';
import type { NoteSigner, NoteVerifier } from './note-signer.js';

/** The largest note that is read, in bytes, and the most signatures. */
const MAX_NOTE_BYTES = 1_000_000;
const MAX_NOTE_SIGNATURES = 100;

/** A signature as a note has it: by whom it claims to be, and its bytes behind the key's id. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** A note's parts. Nothing is verified: do not act on the text. */
export interface ParsedNote {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A text that a known key has signed. */
export interface VerifiedNote {
  readonly text: string;
  /** Those of known keys, all of them right, one a key. */
  readonly verified: readonly NoteSignature[];
}

const SEPARATOR = '\n\n';
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/u;
const KEY_ID_BYTES = 4;

/**
 * The note of a text, signed by each signer, in their order.
 *
 * @param text well-formed, ending in a newline, without other control characters
 * @throws InvalidNoteError (`AUDIT_NOTE_INVALID`) for a text that no note can hold
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  checkText(text);
  return text + '\n' + signers.map((signer) => signatureLine(text, signer)).join('');
}

/** A note with further signatures behind its own; those that it has already are left out. */
export function addSignatures(note: string, signatures: readonly NoteSignature[]): string {
  const lines = signatures.map(formatSignatureLine).filter((line) => !note.includes(`\n${line}`));
  return note + [...new Set(lines)].join('');
}

/** A signature as a line of a note, with its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const id = Buffer.alloc(KEY_ID_BYTES);
  id.writeUInt32BE(keyId);
  return `\u2014 ${name} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
}

/**
 * The parts of a note. The text is not to be trusted yet.
 *
 * @throws InvalidNoteError (`AUDIT_NOTE_INVALID`)
 */
export function parseNote(note: string | Uint8Array): ParsedNote {
  const whole = typeof note === 'string' ? note : decodeUtf8(note);
  if (Buffer.byteLength(whole) > MAX_NOTE_BYTES)
    throw new InvalidNoteError(`it is longer than ${MAX_NOTE_BYTES} bytes`);
  const end = whole.lastIndexOf(SEPARATOR);
  if (end < 0) throw new InvalidNoteError('it has no empty line in front of its signatures');
  checkText(whole);
  const text = whole.slice(0, end + 1);
  return { text, signatures: parseSignatureLines(whole.slice(end + SEPARATOR.length)) };
}

/**
 * The signatures of lines as {@link formatSignatureLine} writes them, one or more.
 *
 * @throws InvalidNoteError (`AUDIT_NOTE_INVALID`)
 */
export function parseSignatureLines(lines: string): readonly NoteSignature[] {
  if (!lines.endsWith('\n')) throw new InvalidNoteError('its last line is missing or is cut');
  const each = lines.slice(0, -1).split('\n');
  if (each.length > MAX_NOTE_SIGNATURES)
    throw new InvalidNoteError(`it has more than ${MAX_NOTE_SIGNATURES} signatures`);
  return each.map(parseSignatureLine);
}

/**
 * The text of a note, once at least one of the known keys is seen to have signed it. Signatures by others are ignored, also
 * those that share a known key's name or id alone.
 *
 * @throws InvalidNoteError (`AUDIT_NOTE_INVALID`); ForgedNoteError (`AUDIT_NOTE_FORGED`) when a signature by a known key is
 *   wrong; UnverifiedNoteError (`AUDIT_NOTE_UNVERIFIED`) without such a signature
 */
export function verifyNote(note: string | Uint8Array, known: readonly NoteVerifier[]): VerifiedNote {
  const { text, signatures } = parseNote(note);
  const verified = verifiedSignatures(text, signatures, known);
  if (verified.length === 0) {
    throw new UnverifiedNoteError(known.map(keyLabel), signatures.map(keyLabel));
  }
  return { text, verified };
}

/** The signatures by known keys, one a key. @throws ForgedNoteError (`AUDIT_NOTE_FORGED`) when one of them is wrong */
export function verifiedSignatures(
  text: string,
  signatures: readonly NoteSignature[],
  known: readonly NoteVerifier[],
): readonly NoteSignature[] {
  const verified = new Map<string, NoteSignature>();
  for (const signature of signatures) {
    const key = keyLabel(signature);
    const verifiers = known.filter((verifier) => keyLabel(verifier) === key);
    if (verifiers.length === 0 || verified.has(key)) continue;
    if (!verifiers.some((verifier) => verifier.isSignature(text, signature.signature))) throw new ForgedNoteError(key);
    verified.set(key, signature);
  }
  return [...verified.values()];
}

/** A key as it is called: `<name>+<id>`. */
export function keyLabel({ name, keyId }: { readonly name: string; readonly keyId: number }): string {
  return `${name}+${keyId.toString(16).padStart(8, '0')}`;
}

function signatureLine(text: string, signer: NoteSigner): string {
  return formatSignatureLine({ name: signer.name, keyId: signer.keyId, signature: signer.sign(text) });
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || !bytes || bytes.length <= KEY_ID_BYTES) {
    throw new InvalidNoteError('a line after its last empty line is not a signature');
  }
  return { name, keyId: bytes.readUInt32BE(), signature: bytes.subarray(KEY_ID_BYTES) };
}

function checkText(text: string): void {
  if (!text.endsWith('\n')) throw new InvalidNoteError('it does not end in a newline');
  if (!text.isWellFormed()) throw new InvalidNoteError('it is not Unicode text');
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\0-\x09\x0b-\x1f]/.test(text)) throw new InvalidNoteError('it has a control character');
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InvalidNoteError('it is not UTF-8');
  }
}
