import { AuditError } from '../audit/plain.js';

/** A command was given a data source that it cannot use, or none. */
export class DataSourceTargetError extends AuditError {
  readonly code = 'AUDIT_DATA_SOURCE_INVALID';

  static notLoaded(file: string, seen: string, cause: unknown): DataSourceTargetError {
    const how = /\.[cm]?ts$/.test(file)
      ? 'Name the built file, such as dist/data-source.js, or run the command with a loader of TypeScript: node --import tsx node_modules/.bin/nestjs-audit-ledger …'
      : 'Build the application, and name the file that exports its data source.';
    return new DataSourceTargetError(`Cannot load ${file}: ${seen.replace(/\.$/, '')}. ${how}`, { cause });
  }

  static notExported(target: string, exported: readonly string[]): DataSourceTargetError {
    const seen = exported.length === 0 ? 'it exports nothing' : `it exports ${exported.join(', ')}`;
    return new DataSourceTargetError(
      `Cannot find a data source in ${target}: ${seen}. Export a TypeORM DataSource, as the command line of TypeORM takes it.`,
    );
  }

  static notPostgres(target: string, type: unknown): DataSourceTargetError {
    return new DataSourceTargetError(
      `Cannot use the data source of ${target}: its type is ${String(type)}. Name a data source of type postgres: the ledger is in PostgreSQL.`,
    );
  }

  static notUsable(target: string, seen: string, cause?: unknown): DataSourceTargetError {
    return new DataSourceTargetError(
      `Cannot use the data source of ${target}: ${seen}. Give --database-url, or --host and --database, instead.`,
      { cause },
    );
  }

  static notConnected(target: string, seen: string, cause: unknown): DataSourceTargetError {
    return new DataSourceTargetError(
      `Cannot connect the data source of ${target}: ${seen.replace(/\.$/, '')}. Check that its database runs, and that its settings are there.`,
      { cause },
    );
  }
}
