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

  /** @param cause the package is missing, or its binary does not run here */
  static ofArchives(name: string, cause: unknown): PackageMissingError {
    const [seen] = errorMessage(cause).split('\n');
    return new PackageMissingError(
      `Cannot read archives by a query: the package ${name} could not be loaded (${seen}). Run npm install ${name}, or query ` +
        'without the archives.',
      { cause },
    );
  }

  static ofIngest(name: string, cause: unknown): PackageMissingError {
    const [seen] = errorMessage(cause).split('\n');
    return new PackageMissingError(
      `Cannot give events to JetStream, as JetStreamModule does: the package ${name} could not be loaded (${seen}). Run npm install ${name}.`,
      { cause },
    );
  }

  /** @param destination the type of a stream's destination */
  static ofStreams(name: string, destination: string, cause: unknown): PackageMissingError {
    const [seen] = errorMessage(cause).split('\n');
    const article = /^[aeiou]/.test(destination) ? 'an' : 'a';
    return new PackageMissingError(
      `Cannot send to ${article} ${destination} destination: the package ${name} could not be loaded (${seen}). Run npm install ${name}.`,
      { cause },
    );
  }
}
