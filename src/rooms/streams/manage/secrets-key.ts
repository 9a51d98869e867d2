import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { canonicalJson, parseJson } from '../../../audit/nest-free.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
const PURPOSE = 'nestjs-audit-ledger/stream-secrets@v1';

/** The stream that secrets belong to. Secrets can be decrypted only with the name and the options for which they were encrypted. */
export interface SecretsOwner {
  readonly name: string;
  /** The options without secrets, as plain JSON. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Encrypts the secrets of streams with AES-256-GCM. The encryption binds secrets to their stream and its options, so nobody can redirect the secrets
 * by writing another address into the database.
 */
export class SecretsKey {
  /** Identifies the key without revealing it. */
  readonly id: string;
  readonly #key: Buffer; // hidden from logs and inspection

  private constructor(key: Buffer) {
    this.#key = key;
    this.id = createHash('sha256').update(`${PURPOSE}/id\n`).update(key).digest('hex').slice(0, 16);
  }

  /** Parses a key of 32 bytes in base64. Returns `undefined` for any other value. */
  static parse(text: unknown): SecretsKey | undefined {
    if (typeof text !== 'string') return undefined;
    const key = Buffer.from(text, 'base64');
    const isWhole = key.toString('base64') === text;
    return isWhole && key.length === KEY_BYTES ? new SecretsKey(key) : undefined;
  }

  /** Encrypts secrets. Returns a nonce, the encrypted JSON and a tag. */
  encrypt(owner: SecretsOwner, secrets: object): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(this.boundTo(owner));
    const encrypted = Buffer.concat([cipher.update(JSON.stringify(secrets)), cipher.final()]);
    return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]);
  }

  /** Decrypts the result of {@link encrypt}. Returns `undefined` for another key or owner, and for changed bytes. */
  decrypt(owner: SecretsOwner, bytes: Buffer): object | undefined {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(-TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(this.boundTo(owner)).setAuthTag(tag);
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      return Object(parseJson(text.toString('utf8'))) as object;
    } catch {
      return undefined;
    }
  }

  private boundTo({ name, options }: SecretsOwner): Buffer {
    return Buffer.from(`${PURPOSE}\n${name}\n${this.id}\n${canonicalJson(options)}\n`);
  }
}

/** The keys for the secrets of streams. The first key is the newest and encrypts; older keys only decrypt. */
export type SecretsKeys = readonly [SecretsKey, ...SecretsKey[]];

export const WRONG_SECRETS_KEY =
  'must be 32 bytes in base64, or a list of such keys with the newest first: make a key with "openssl rand -base64 32", and keep a copy';

/** Parses one key, a list of keys, or a text of keys with commas between them. Returns `undefined` if a key is invalid or occurs twice. */
export function parseSecretsKeys(given: unknown): SecretsKeys | undefined {
  const list = typeof given === 'string' ? given.split(',').map((text) => text.trim()) : given;
  const texts: readonly unknown[] = Array.isArray(list) ? list : [];
  const [newest, ...older] = texts.flatMap((text) => SecretsKey.parse(text) ?? []);
  const ids = new Set([newest, ...older].map((key) => key?.id));
  return newest && ids.size === texts.length ? [newest, ...older] : undefined;
}
