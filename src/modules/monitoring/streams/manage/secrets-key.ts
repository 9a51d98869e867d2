import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { parseJson } from '../../../../audit/plain.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
const PURPOSE = 'nestjs-audit-ledger/stream-secrets@v1';

/** Says what the option `streamSecretsKey` must be. */
export const WRONG_SECRETS_KEY =
  'streamSecretsKey must be 32 bytes in base64: make one with "openssl rand -base64 32", and keep a copy';

/** Encrypts the secrets of streams with AES-256-GCM. What is encrypted for one stream cannot be read as another's. */
export class SecretsKey {
  /** Names the key, and tells nothing of it. */
  readonly id: string;
  readonly #key: Buffer; // no log and no inspection shows it

  private constructor(key: Buffer) {
    this.#key = key;
    this.id = createHash('sha256').update(`${PURPOSE}/id\n`).update(key).digest('hex').slice(0, 16);
  }

  /** The key of 32 bytes in base64; `undefined` for anything else. */
  static parse(text: unknown): SecretsKey | undefined {
    if (typeof text !== 'string') return undefined;
    const key = Buffer.from(text, 'base64');
    const isWhole = key.toString('base64') === text;
    return isWhole && key.length === KEY_BYTES ? new SecretsKey(key) : undefined;
  }

  /** A nonce, the encrypted JSON and a tag. */
  encrypt(stream: string, secrets: object): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(this.boundTo(stream));
    const encrypted = Buffer.concat([cipher.update(JSON.stringify(secrets)), cipher.final()]);
    return Buffer.concat([nonce, encrypted, cipher.getAuthTag()]);
  }

  /** What {@link encrypt} was given; `undefined` if another key encrypted it, or somebody changed it. */
  decrypt(stream: string, bytes: Buffer): object | undefined {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(-TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(this.boundTo(stream)).setAuthTag(tag);
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      return Object(parseJson(text.toString('utf8'))) as object;
    } catch {
      return undefined;
    }
  }

  private boundTo(stream: string): Buffer {
    return Buffer.from(`${PURPOSE}\n${stream}\n${this.id}\n`);
  }
}
