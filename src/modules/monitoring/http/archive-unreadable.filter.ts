import { Catch, Logger, ServiceUnavailableException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from '../archive/archive.error.js';

type ArchiveError = ArchiveInvalidError | ArchiveMissingError | ArchiveUnreadableError;

/** Answers 503 where an archive cannot be read, and says which: those who ask may see everything, and somebody has to see to it. */
@Catch(ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError)
export class ArchiveUnreadableFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditPrivacy');

  override catch({ code, message }: ArchiveError, host: ArgumentsHost): void {
    this.logger.error(message);
    super.catch(new ServiceUnavailableException({ statusCode: 503, code, message }), host);
  }
}
