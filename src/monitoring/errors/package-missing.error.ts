import { AuditError, errorCode, errorMessage } from '../../audit/plain.js';

/** A feature needs an optional package, and the package could not be loaded. */
export class PackageMissingError extends AuditError {
  readonly code = 'AUDIT_PACKAGE_MISSING';

  /** If the error means that a command lacks a package, returns an error that names the package. Returns any other error unchanged. */
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
   * @param what the purpose of the package: `read archives by a query`
   * @param cause the error from loading the package, whose binary may not run on this machine
   * @param orElse an alternative without the package: `, or query without the archives`
   */
  static notLoaded(what: string, name: string, cause: unknown, orElse = ''): PackageMissingError {
    const [seen] = errorMessage(cause).split('\n');
    return new PackageMissingError(
      `Cannot ${what}: the package ${name} could not be loaded (${seen}). Run npm install ${name}${orElse}.`,
      { cause },
    );
  }
}
