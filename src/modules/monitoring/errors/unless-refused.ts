import { AuditError } from '../../../audit/plain.js';

/** Returns what is read; `undefined` where the library refuses it by an error of its own. Other errors are thrown. */
export function unlessRefused<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}
