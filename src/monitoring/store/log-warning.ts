import { Logger } from '@nestjs/common';

const logger = new Logger('AuditLedger');

export function logWarning(message: string): void {
  logger.warn(message);
}
