import { AuditError } from '../../audit/nest-free.js';

/** Each error of the tables that has a status. Nest finds the filter of an error by `instanceof`. */
export abstract class RouteError extends AuditError {
  declare readonly httpStatus: number;

  static override [Symbol.hasInstance](error: unknown): boolean {
    return error instanceof AuditError && error.httpStatus !== undefined;
  }
}
