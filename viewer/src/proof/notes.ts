import { concat, decodeBase64, toHex, isSame, sha256, utf8, type Bytes } from './bytes.js';
import type { TreeHead } from './merkle.js';

interface NoteSignature {
  readonly name: string;
  readonly keyId: Bytes;
  readonly bytes: Bytes;
}

/** A checkpoint (tlog-checkpoint), as a signed note contains it. */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
  /** The text that is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A verifier key: `<name>+<id>+<base64 of the type and the public key>`. */
export interface VerifierKey {
  readonly text: string;
  readonly name: string;
  readonly keyId: Bytes;
  readonly publicKey: Bytes;
}

/** A proof (tlog-proof, v1). */
export interface LogProof {
  readonly index: number;
  readonly hashes: readonly Bytes[];
  readonly note: string;
}

/** In signed notes, this byte stands for Ed25519. */
const TYPE = 1;
const KEY_ID_BYTES = 4;
const HASH_BYTES = 32;

/** The signatures are not verified here. */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, end + 1);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const rootHash = decodeBase64(root);
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map(parseSignature);
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(size) || rootHash?.length !== HASH_BYTES) return undefined;
  if (!signatures.every((signature) => signature !== undefined)) return undefined;
  return { origin, size: Number(size), rootHash, text, signatures };
}

function parseSignature(line: string): NoteSignature | undefined {
  const [, name = '', encoded = ''] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (name === '' || bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), bytes: bytes.slice(KEY_ID_BYTES) };
}

/** The id in the text must match the key. */
export async function parseVerifierKey(text: string): Promise<VerifierKey | undefined> {
  const [, name = '', id = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const bytes = decodeBase64(encoded);
  if (bytes?.length !== 1 + HASH_BYTES || bytes[0] !== TYPE) return undefined;
  const keyId = (await sha256(concat(utf8(`${name}\n`), bytes))).slice(0, KEY_ID_BYTES);
  return toHex(keyId) === id ? { text: text.trim(), name, keyId, publicKey: bytes.slice(1) } : undefined;
}

export type SignatureState = 'signed' | 'forged' | 'unknown' | 'unsupported';

/**
 * Verifies the signatures of a checkpoint with these keys. `signed`: one of the keys signed it. `forged`: a signature names one of the keys
 * but is wrong. `unknown`: no signature names any of the keys. `unsupported`: the browser lacks Ed25519.
 */
export async function verifySignature(checkpoint: Checkpoint, keys: readonly VerifierKey[]): Promise<SignatureState> {
  const message = utf8(checkpoint.text);
  let state: SignatureState = 'unknown';
  for (const { name, keyId, publicKey } of keys.filter((key) => key.name === checkpoint.origin)) {
    for (const signature of checkpoint.signatures) {
      if (signature.name !== name || !isSame(signature.keyId, keyId)) continue;
      const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']).catch(() => undefined);
      if (key === undefined) return 'unsupported';
      if (!(await crypto.subtle.verify('Ed25519', key, signature.bytes, message))) return 'forged';
      state = 'signed';
    }
  }
  return state;
}

/** The proof is not verified here. */
export function parseProof(text: string): LogProof | undefined {
  const end = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  if (lines[0]?.startsWith('extra ') === true) lines.shift();
  const [, index] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const hashes = lines.map(decodeBase64).filter((hash) => hash?.length === HASH_BYTES);
  if (header !== 'c2sp.org/tlog-proof@v1' || index === undefined || hashes.length !== lines.length) return undefined;
  return { index: Number(index), hashes: hashes.filter((hash) => hash !== undefined), note: text.slice(end + 2) };
}
