import type { AuditActorInput } from './audit-input.js';
import { parseJson } from './parse-json.js';
import { readFieldSafely, readSafely } from './read-safely.js';

const TOKENS = ['access_token', 'accessToken', 'token'];
/** Fields that an account has besides its id, unlike a session or a token. */
const NAMES = ['email', 'username', 'name'];

/**
 * Returns who logged in, from the result of a log-in's handler: the account in its `user`, the result itself, or the subject of its JWT.
 * The application has just issued that token, so its signature is not checked.
 */
export function loggedInAccount(result: unknown): AuditActorInput | undefined {
  return (
    accountOf(readFieldSafely(result, 'user'), true) ?? accountOf(result, isNamed(result)) ?? subjectOfToken(result)
  );
}

function accountOf(account: unknown, isAccount: boolean): AuditActorInput | undefined {
  const ids = isAccount ? ['id', 'sub', 'userId'] : ['sub', 'userId'];
  const id = ids.map((name) => readFieldSafely(account, name)).find(isId);
  if (id === undefined) return undefined;
  const name = ['name', 'username']
    .map((field) => readFieldSafely(account, field))
    .find((text) => typeof text === 'string');
  return { type: 'user', id, ...(name !== undefined && { name }) };
}

function isNamed(account: unknown): boolean {
  return NAMES.some((name) => typeof readFieldSafely(account, name) === 'string');
}

function subjectOfToken(result: unknown): AuditActorInput | undefined {
  for (const name of TOKENS) {
    const token = readFieldSafely(result, name);
    const claims = typeof token === 'string' ? claimsOf(token) : undefined;
    const account = accountOf(claims, false) ?? accountOf(claims, true);
    if (account) return account;
  }
  return undefined;
}

function claimsOf(token: string): unknown {
  const [header, claims, signature, ...rest] = token.split('.');
  if (!header || !claims || signature === undefined || rest.length > 0) return undefined;
  return readSafely(() => parseJson(Buffer.from(claims, 'base64url').toString()));
}

function isId(id: unknown): id is string | number | bigint {
  return (typeof id === 'string' && id !== '') || typeof id === 'number' || typeof id === 'bigint';
}
