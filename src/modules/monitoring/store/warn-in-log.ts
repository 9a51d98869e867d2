import { Logger } from '@nestjs/common';

const logger = new Logger('AuditLedger');

/** Logs a warning about the ledger in the application's log. */
export function warnInLog(message: string): void {
  logger.warn(message);
}
