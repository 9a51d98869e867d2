import { maskSecrets } from '../event/redaction/sensitive-values.js';
import { AuditError } from './audit.error.js';

/**
 * The message of anything that was thrown, without ever throwing itself, and without what looks like a secret: an error of a client may quote
 * an address with its password, or the answer of a server. By shape and not by `instanceof`: an error may
 * come from another realm, and a thrown value may be a proxy that refuses to be looked at.
 */
export function errorMessage(error: unknown): string {
  const message = readText(error, 'message');
  if (message !== undefined && message !== '') return isOwn(error) ? message : maskSecrets(message);
  const name = readText(error, 'name');
  if (name !== undefined) return name;
  try {
    return maskSecrets(String(error));
  } catch {
    return 'an unreadable error';
  }
}

/** Whether the library raised the error: its message is masked already, and masking its advice again would hide it. False for a proxy that refuses. */
function isOwn(error: unknown): boolean {
  try {
    return error instanceof AuditError;
  } catch {
    return false;
  }
}

/** The text `code` of anything that was thrown, such as `ENOENT` or `23514`. Never throws. */
export function errorCode(error: unknown): string | undefined {
  return readText(error, 'code');
}

function readText(error: unknown, name: 'message' | 'name' | 'code'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  try {
    const text = (error as Readonly<Record<string, unknown>>)[name]; // any object has readable fields, or throws
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
