import { AuditError, errorCode, errorMessage } from '../../../audit/plain.js';

/** A feature needs an optional package that is not installed. */
export class PackageMissingError extends AuditError {
  readonly code = 'AUDIT_PACKAGE_MISSING';

  /** Translates an error of loading a command if a package is missing; returns any other error unchanged. */
  static explain(error: unknown, command: string): unknown {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') return error;
    const name = /^Cannot find package '([^']+)'/.exec(errorMessage(error))?.[1];
    if (name === undefined) return error;
    return new PackageMissingError(
      `Cannot run nestjs-audit-ledger ${command}: the package ${name} is not installed. Run npm install ${name}.`,
      { cause: error },
    );
  }

  /**
   * @param what what the package is for: `read archives by a query`
   * @param cause the package is missing, or its binary does not run here
   * @param orElse what to do without it: `, or query without the archives`
   */
  static notLoaded(what: string, name: string, cause: unknown, orElse = ''): PackageMissingError {
    const [seen] = errorMessage(cause).split('\n');
    return new PackageMissingError(
      `Cannot ${what}: the package ${name} could not be loaded (${seen}). Run npm install ${name}${orElse}.`,
      { cause },
    );
  }
}
