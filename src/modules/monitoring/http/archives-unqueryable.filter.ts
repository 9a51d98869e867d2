import {
  Catch,
  Logger,
  NotImplementedException,
  ServiceUnavailableException,
  type ArgumentsHost,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from '../archive/archive.error.js';
import { PackageMissingError } from '../errors/package-missing.error.js';

type ArchiveError = ArchiveInvalidError | ArchiveMissingError | ArchiveUnreadableError | PackageMissingError;

/**
 * Answers a query of unreadable archives: 503, or 501 where DuckDB is not installed. The message stays general, and the log has the paths.
 */
@Catch(ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError, PackageMissingError)
export class ArchivesUnqueryableFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditQuery');

  override catch(error: ArchiveError, host: ArgumentsHost): void {
    this.logger.error(error.message);
    const { code } = error;
    if (error instanceof PackageMissingError) {
      const message = 'Cannot ask archives: the package @duckdb/node-api is not installed in the application.';
      super.catch(new NotImplementedException({ statusCode: 501, code, message }), host);
      return;
    }
    const message =
      error instanceof ArchiveInvalidError
        ? 'Cannot ask archives: one of them is not what the ledger archived. Its name is in the log of the application; check it by nestjs-audit-ledger verify-archive.'
        : 'Cannot ask archives: one of them is missing, or cannot be read. Its name is in the log of the application.';
    super.catch(new ServiceUnavailableException({ statusCode: 503, code, message }), host);
  }
}
