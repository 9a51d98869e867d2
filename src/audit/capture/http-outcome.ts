import { HttpException } from '@nestjs/common';
import type { AuditOutcome, AuditSeverity } from '../event/outcomes.js';
import type { HttpCapture } from './http-capture.js';

/** What the end of a request says of its action. */
export interface HttpOutcome {
  readonly outcome: AuditOutcome;
  readonly reason?: string | undefined;
  readonly severity?: AuditSeverity | undefined;
}

/** Reads the outcome off how far the request came, what was thrown, and the status that is about to be sent. */
export function httpOutcome(capture: HttpCapture, statusCode: number): HttpOutcome {
  if (capture.phase === 'guards') return guardOutcome(statusCode);
  if (capture.phase === 'handler') return { outcome: 'attempted', reason: 'no_end_seen' };
  if (capture.thrown) return errorOutcome(capture.thrown.error, statusCode);
  if (statusCode === 207) return { outcome: 'partial' };
  return statusCode >= 400 ? errorOutcome(undefined, statusCode) : { outcome: 'success' };
}

/** A guard ended the request: the handler never ran. */
function guardOutcome(statusCode: number): HttpOutcome {
  if (statusCode >= 500) return { outcome: 'failure', severity: 'error', reason: 'guard_error' };
  const reason = GUARD_REASONS[statusCode];
  return { outcome: 'denied', reason: reason ?? 'denied_by_guard' };
}

const GUARD_REASONS: Readonly<Record<number, string>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  429: 'rate_limited',
};

function errorOutcome(error: unknown, statusCode: number): HttpOutcome {
  if (statusCode >= 500) return { outcome: 'failure', severity: 'error', reason: 'unexpected_error' };
  if (statusCode === 403) return { outcome: 'denied', reason: 'forbidden' };
  if (statusCode === 429) return { outcome: 'denied', reason: 'rate_limited' };
  return { outcome: 'failure', reason: isValidationError(error) ? 'validation' : undefined };
}

/** Nest's pipes throw a 400 with a list of messages, or with "Validation failed …". */
function isValidationError(error: unknown): boolean {
  if (!(error instanceof HttpException)) return false;
  const response: unknown = error.getResponse();
  if (typeof response !== 'object' || response === null || !('message' in response)) return false;
  const { message } = response;
  return Array.isArray(message) || (typeof message === 'string' && message.startsWith('Validation failed'));
}
