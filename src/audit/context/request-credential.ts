import { createHash } from 'node:crypto';
import { parseJson } from '../../base/json/parse-json.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import type { ScopedRequest } from '../../base/event/request-fields.js';

/** The credential of a call, by its names in the audit scope. */
export type ScopedCredential = Pick<ScopedRequest, 'credentialId' | 'credentialKind' | 'credentialScopes'>;

const AUTHORIZATION = /^(bearer|basic) +(\S+) *$/i;

/** 128 bits: an event finds the hash of its token, and the hash does not find the token. */
const HASH_DIGITS = 32;

/** Whether the application states the credential of the scope, or that the scope has none (`undefined`). */
export function hasCredential(scope: ScopedCredential): boolean {
  return 'credentialId' in scope || 'credentialKind' in scope;
}

/** A connection of a WebSocket has several users, one after the other. */
const credentialCache = new WeakMap<object, { readonly user: unknown; readonly credential: ScopedCredential }>();

/**
 * Returns the credential of an authenticated request: the id and the scopes from `request.user` (`jti`; `scope`, `scp`, `scopes`), else from
 * the header `Authorization`. A bearer token's id is its claim `jti`, else a part of its SHA-256. Basic credentials have no id, since a hash
 * of a password allows guesses.
 */
export function resolveCredential(request: object): ScopedCredential {
  const before = credentialCache.get(request);
  const user = readFieldSafely(request, 'user');
  if (before && before.user === user) return before.credential;
  const header = readFieldSafely(readFieldSafely(request, 'headers'), 'authorization');
  const [, scheme, token = ''] = (typeof header === 'string' ? AUTHORIZATION.exec(header) : null) ?? [];
  const kind = scheme?.toLowerCase();
  const claims = kind === 'bearer' ? parseClaims(token) : undefined;
  const scopes = getTokenScopes(user) ?? getTokenScopes(claims);
  const id =
    getTextClaim(user, 'jti') ?? getTextClaim(claims, 'jti') ?? (kind === 'bearer' ? hashToken(token) : undefined);
  const credential: ScopedCredential = {
    ...(id !== undefined && { credentialId: id }),
    ...(kind !== undefined && { credentialKind: kind }),
    ...(scopes !== undefined && { credentialScopes: scopes }),
  };
  credentialCache.set(request, { user, credential });
  return credential;
}

/** Returns the payload of a JSON Web Token without a check of its signature, which the application's guard has checked. */
function parseClaims(token: string): unknown {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  return readSafely(() => parseJson(Buffer.from(payload, 'base64url').toString()));
}

function getTokenScopes(claims: unknown): string | undefined {
  for (const name of ['scope', 'scp', 'scopes']) {
    const input = readFieldSafely(claims, name);
    if (Array.isArray(input) && input.length > 0 && input.every((each) => typeof each === 'string'))
      return input.join(' ');
    if (typeof input === 'string' && input !== '') return input;
  }
  return undefined;
}

function getTextClaim(claims: unknown, name: string): string | undefined {
  const value = readFieldSafely(claims, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, HASH_DIGITS);
}
