import { Catch, HttpException, Logger, ServiceUnavailableException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';

/** Error codes of PostgreSQL (stopping, starting, no free connection) and of the system (the server cannot be reached). */
const AWAY_CODES: ReadonlySet<string> = new Set([
  ...['57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08006'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'],
]);
/** These errors of the driver and of TypeORM have no code. */
const AWAY_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|query runner (?:was )?already released/i;

/** Answers 503 instead of 500 while the database cannot be reached, so that clients retry. */
@Catch()
export class DatabaseAwayFilter extends BaseExceptionFilter {
  private readonly logger = new Logger(DatabaseAwayFilter.name);

  override catch(thrown: unknown, host: ArgumentsHost): void {
    if (!isDatabaseAway(thrown)) {
      super.catch(thrown, host);
      return;
    }
    this.logger.warn(`Cannot reach the database: ${String(readField(thrown, 'message'))}`);
    super.catch(new ServiceUnavailableException('The database cannot be reached. Try again later.'), host);
  }
}

function isDatabaseAway(thrown: unknown): boolean {
  if (thrown instanceof HttpException) return false;
  // If a host has several addresses, the error contains one error per address.
  const several: unknown = readField(thrown, 'errors');
  return [thrown, ...(Array.isArray(several) ? (several as unknown[]) : [])].some(
    (error) =>
      AWAY_CODES.has(String(readField(error, 'code'))) || AWAY_MESSAGE.test(String(readField(error, 'message'))),
  );
}

function readField(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
}
