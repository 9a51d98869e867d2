import { AuditError } from '../../base/errors/audit.error.js';

/** Returns the result of `read`, or `undefined` if `read` throws an error of this library. Throws any other error. */
export function undefinedIfRejected<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}
