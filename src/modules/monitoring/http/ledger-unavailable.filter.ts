import { Catch, Logger, ServiceUnavailableException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { LedgerUnavailableError } from '../errors/ledger-unavailable.error.js';

/** Answers 503 while the ledger cannot be read. The reason goes to the log, not to the caller. */
@Catch(LedgerUnavailableError)
export class LedgerUnavailableFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditLedger');

  override catch(error: LedgerUnavailableError, host: ArgumentsHost): void {
    this.logger.error(error.message);
    const { code } = error;
    const message = 'Cannot read the ledger now. Try again later.';
    super.catch(new ServiceUnavailableException({ statusCode: 503, code, message }), host);
  }
}
