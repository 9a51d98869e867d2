import { createHash, randomBytes } from 'node:crypto';
import { makeSecretFile } from '../../base/make-secret-file.js';
import type { AuditError } from '../../base/errors/audit.error.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';
import { readTextFile } from '../../base/text-file.js';
import { auditErrors } from '../errors/audit.errors.js';

/** SHA-256's block size, to which HMAC pads a key. */
const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;

const MIN_CONTEXT_KEY_LENGTH = 32;

/** The two padded forms of a key in HMAC-SHA-256, as the ledger's table `audit_context_key` stores them. */
export interface PaddedContextKey {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** Returns `key`, or the trimmed text of `keyFile`. @throws `AUDIT_OPTIONS_INVALID` */
export function readContextKey({ key, keyFile }: { readonly key?: unknown; readonly keyFile?: unknown }): string {
  if (key !== undefined && keyFile !== undefined)
    throw invalidKeyError('key and keyFile are both set: set one of them');
  const [input, from] = typeof keyFile === 'string' ? [readFile(keyFile), keyFile] : [key, 'the option key'];
  const text = typeof input === 'string' ? input.trim() : '';
  if (text.length < MIN_CONTEXT_KEY_LENGTH)
    throw invalidKeyError(
      `${from} is not a text of ${MIN_CONTEXT_KEY_LENGTH} characters or more: make a key with \`openssl rand -hex 32\`, and store it in the database`,
    );
  return text;
}

function readFile(file: string): string {
  try {
    return readTextFile(file);
  } catch (error) {
    throw invalidKeyError(
      `${file} cannot be read (${getErrorMessage(error)}). To make the first key: npx nestjs-audit-ledger capture context-key add <name> --key-file ${file}`,
    );
  }
}

function invalidKeyError(problem: string): AuditError {
  return auditErrors.AUDIT_OPTIONS_INVALID([problem], 'Audit', 'use the context key');
}

/** Makes a file with a new key, by {@link makeSecretFile}. Resolves with `true` if this process made the file, otherwise with `false`. */
export async function makeContextKeyFile(file: string): Promise<boolean> {
  return makeSecretFile(file, randomBytes(32).toString('hex'));
}

/** Returns the forms of the key with which the database verifies a signature, since the database has SHA-256, but not HMAC. */
export function padContextKey(key: string): PaddedContextKey {
  const input = Buffer.from(key);
  const short = input.length > BLOCK_BYTES ? createHash('sha256').update(input).digest() : input;
  const block = Buffer.concat([short], BLOCK_BYTES);
  const padWith = (pad: number): Buffer => Buffer.from(block.map((byte) => byte ^ pad));
  return { inner: padWith(INNER), outer: padWith(OUTER) };
}
