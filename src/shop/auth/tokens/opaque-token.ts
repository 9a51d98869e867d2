import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** The prefix names the purpose of an opaque token. A scanner for leaked secrets recognises the prefix. */
export type OpaqueTokenPrefix = 'nal_ak';

/** Makes a new secret of 256 random bits. Store only its {@link hashSecret}, never the secret itself. */
export function makeOpaqueToken(prefix: OpaqueTokenPrefix): string {
  return `${prefix}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/**
 * Hashes a secret with SHA-256: strong enough for random secrets, and fast enough for every request. Never use this function for passwords,
 * because SHA-256 is too fast.
 */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
