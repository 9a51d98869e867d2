import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** What an opaque token is for; it begins with it, so that a scanner for leaked secrets recognises ours. */
export type OpaqueTokenPrefix = 'nal_rt' | 'nal_ot' | 'nal_ak';

/** A fresh secret of 256 random bits. It is shown once and stored nowhere; {@link hashSecret} is. */
export function makeOpaqueToken(prefix: OpaqueTokenPrefix): string {
  return `${prefix}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** SHA-256: enough for secrets that are random, and fast enough for every request. Never for passwords. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
