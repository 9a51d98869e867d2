import { AuditError } from '../../audit/plain.js';

/** Each error of the tables that has a status. Nest finds the filter of an error by `instanceof`. */
export abstract class AnsweredError extends AuditError {
  declare readonly httpStatus: number;

  static override [Symbol.hasInstance](error: unknown): boolean {
    return error instanceof AuditError && error.httpStatus !== undefined;
  }
}
