import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** The purpose of an opaque token. The token begins with it, so that a scanner for leaked secrets recognises ours. */
export type OpaqueTokenPrefix = 'nal_rt' | 'nal_ot' | 'nal_ak';

/** Makes a new secret of 256 random bits. It is shown once and not stored; only its {@link hashSecret} is. */
export function makeOpaqueToken(prefix: OpaqueTokenPrefix): string {
  return `${prefix}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** Hashes with SHA-256: strong enough for random secrets, and fast enough for every request. Never use it for passwords. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
