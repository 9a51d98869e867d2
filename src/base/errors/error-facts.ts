import { readFieldSafely, readSafely } from '../read-safely.js';
import { maskSecrets } from '../secrets/redact-values.js';
import { AuditError, type ErrorFacts } from './audit.error.js';
import type { AuditErrorCode } from './error-codes.generated.js';

/**
 * Returns the message of any thrown value. Masks secrets, because a client library may quote a URL with a password. Never throws. Does not
 * test `instanceof Error`, since an error may come from another realm, or be a proxy that throws.
 */
export function getErrorMessage(error: unknown): string {
  const message = readText(error, 'message');
  if (message !== undefined && message !== '') return isOwn(error) ? message : maskSecrets(message);
  const name = readText(error, 'name');
  return name ?? readSafely(() => maskSecrets(String(error)), 'an unreadable error');
}

/** Returns the message with that of the cause: `fetch failed: connect ECONNREFUSED 127.0.0.1:443`. Never throws. */
export function formatErrorWithCause(error: unknown): string {
  const cause = readFieldSafely(error, 'cause');
  return cause === undefined ? getErrorMessage(error) : `${getErrorMessage(error)}: ${getErrorMessage(cause)}`;
}

/** The message of the library's own error contains no secret, and a mask could hide the advice in it. */
function isOwn(error: unknown): boolean {
  return readSafely(() => error instanceof AuditError, false);
}

/** Returns the `code` of any thrown value if it is a string, for example `ENOENT` or `23514`. Never throws. */
export function getErrorCode(error: unknown): string | undefined {
  return readText(error, 'code');
}

/** Whether an error of the library has one of the codes. Never throws. */
export function hasCode<Code extends AuditErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is Error & ErrorFacts & { readonly code: Code } {
  return codes.includes(getErrorCode(error) as Code); // another code is not included
}

function readText(error: unknown, name: 'message' | 'name' | 'code'): string | undefined {
  const text = readFieldSafely(error, name);
  return typeof text === 'string' ? text : undefined;
}
