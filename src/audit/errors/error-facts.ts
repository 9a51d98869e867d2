import { readFieldSafely, readSafely } from '../event/read-safely.js';
import { maskSecrets } from '../event/redaction/redact-values.js';
import { AuditError } from './audit.error.js';

/**
 * Returns the message of any thrown value, without anything that looks like a secret: a client's error may quote an address with its
 * password, or a server's answer. Never throws. It tests the shape, not `instanceof`, since an error may come from another realm, and a
 * thrown value may be a proxy that throws when it is read.
 */
export function errorMessage(error: unknown): string {
  const message = readText(error, 'message');
  if (message !== undefined && message !== '') return isOwn(error) ? message : maskSecrets(message);
  const name = readText(error, 'name');
  return name ?? readSafely(() => maskSecrets(String(error)), 'an unreadable error');
}

/**
 * Whether the library raised the error: its message is masked already, and masking it again would hide its advice. False for a proxy that
 * throws.
 */
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
