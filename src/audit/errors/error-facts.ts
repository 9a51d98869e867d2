import { readFieldSafely, readSafely } from '../event/read-safely.js';
import { maskSecrets } from '../event/redaction/redact-values.js';
import { AuditError } from './audit.error.js';

/**
 * Returns the message of any thrown value with masked secrets, since a client's error may quote an address with its password. Never throws.
 * Does not test `instanceof Error`, since an error may come from another realm, or be a proxy that throws.
 */
export function errorMessage(error: unknown): string {
  const message = readText(error, 'message');
  if (message !== undefined && message !== '') return isOwn(error) ? message : maskSecrets(message);
  const name = readText(error, 'name');
  return name ?? readSafely(() => maskSecrets(String(error)), 'an unreadable error');
}

/** Whether the error is the library's own. Such an error's message contains no secret, and a mask would hide its advice. */
function isOwn(error: unknown): boolean {
  return readSafely(() => error instanceof AuditError, false);
}

/** Returns the text `code` of any thrown value, for example `ENOENT` or `23514`. Never throws. */
export function errorCode(error: unknown): string | undefined {
  return readText(error, 'code');
}

function readText(error: unknown, name: 'message' | 'name' | 'code'): string | undefined {
  const text = readFieldSafely(error, name);
  return typeof text === 'string' ? text : undefined;
}
