import { AuditError } from './audit.error.js';

/** `@AuditedTransaction` cannot determine the data source of its transaction. */
export class DataSourceUnknownError extends AuditError {
  readonly code = 'AUDIT_DATA_SOURCE_UNKNOWN';

  /**
   * @param method the decorated method
   * @param asked the data source that its option `dataSource` names, if any
   * @param known the data sources of the application, by name
   */
  static create(method: string, asked: string | undefined, known: readonly string[]): DataSourceUnknownError {
    const seen = known.length === 0 ? 'has no TypeORM DataSource' : `has the data sources ${known.join(', ')}`;
    const wanted =
      asked === undefined ? 'the option dataSource names no data source' : `no data source has the name ${asked}`;
    return new DataSourceUnknownError(
      `Cannot begin the transaction of ${method}: the application ${seen}, and ${wanted}. ` +
        'Import TypeOrmModule.forRoot() and AuditModule.forRoot(), and name one with @AuditedTransaction({ dataSource }) where there are several.',
    );
  }
}
