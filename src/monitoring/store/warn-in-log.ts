import { Logger } from '@nestjs/common';

const logger = new Logger('AuditLedger');

export function warnInLog(message: string): void {
  logger.warn(message);
}
