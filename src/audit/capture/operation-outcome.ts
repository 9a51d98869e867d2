import { HttpException } from '@nestjs/common';
import type { AuditOutcome, AuditSeverity } from '../../base/event/outcomes.js';
import { getGrpcStatus, getErrorResponse } from './explain-failure.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';
import { hasCode } from '../../base/errors/error-facts.js';

export interface OperationOutcome {
  readonly outcome: AuditOutcome;
  readonly reason?: string | undefined;
  readonly severity?: AuditSeverity | undefined;
}

/**
 * Derives the outcome from the operation's phase, the thrown error, and the status. Without a response, and if the response came before the
 * handler's end, the status is derived from the error.
 */
export function resolveOperationOutcome(operation: AuditedOperation, responseStatus?: number): OperationOutcome {
  const statusCode = (operation.isResponseEarly ? undefined : responseStatus) ?? getFinalStatus(operation);
  if (operation.isBrokenOff) return { outcome: 'failure', severity: 'error', reason: 'response_aborted' };
  if (operation.phase === 'refused') return toRefusalOutcome(statusCode);
  if (operation.phase === 'guards') return toGuardOutcome(statusCode);
  const { thrown, run } = operation;
  if (operation.phase === 'handler' || (thrown && run?.isCut))
    return { outcome: 'attempted', reason: 'outcome_unknown' };
  if (hasCode(thrown?.error, 'AUDIT_CONTEXT_REQUIRED')) return { outcome: 'denied', reason: thrown.error.reason };
  if (thrown) return toErrorOutcome(thrown.error, statusCode);
  if (operation.rolledBack === true) return { outcome: 'failure', reason: 'rolled_back' };
  if (statusCode === 207) return { outcome: 'partial' };
  return statusCode >= 400 ? toErrorOutcome(undefined, statusCode) : { outcome: 'success' };
}

function getFinalStatus({ thrown, isGrpc }: AuditedOperation): number {
  if (!thrown) return 200;
  const { error } = thrown;
  if (error instanceof HttpException) return error.getStatus();
  const ofGrpc = isGrpc === true ? getGrpcStatus(readFieldSafely(getErrorResponse(error), 'code')) : undefined;
  return ofGrpc?.httpStatus ?? (isExpected(error) ? 400 : 500);
}

/** RpcException and WsException have `getError`. */
function isExpected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return readSafely(() => 'getError' in error || error.name === 'GraphQLError') ?? false;
}

/** A successful response before the route, for example from a cache, is recorded as `attempted`, since the handler did not run. */
function toRefusalOutcome(statusCode: number): OperationOutcome {
  if (statusCode < 300 || statusCode === 304) return { outcome: 'attempted', reason: 'answered_before_route' };
  if (statusCode < 400) return { outcome: 'denied', reason: 'redirected_before_route' };
  if (statusCode >= 500) return { outcome: 'failure', severity: 'error', reason: 'unexpected_error' };
  const denied = GUARD_REASONS[statusCode];
  if (denied !== undefined) return { outcome: 'denied', reason: denied };
  return { outcome: 'failure', reason: REFUSAL_REASONS[statusCode] ?? 'refused_before_route' };
}

const REFUSAL_REASONS: Readonly<Record<number, string>> = {
  400: 'malformed_request',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
};

/** A guard that responds itself, for example with a redirect to an identity provider, denies nothing. */
function toGuardOutcome(statusCode: number): OperationOutcome {
  if (statusCode < 300 || statusCode === 304) return { outcome: 'attempted', reason: 'answered_by_guard' };
  if (statusCode < 400) return { outcome: 'attempted', reason: 'redirected_by_guard' };
  if (statusCode >= 500) return { outcome: 'failure', severity: 'error', reason: 'guard_error' };
  const reason = GUARD_REASONS[statusCode];
  return { outcome: 'denied', reason: reason ?? 'denied_by_guard' };
}

const GUARD_REASONS: Readonly<Record<number, string>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  429: 'rate_limited',
};

const STATUS_REASONS: ReadonlySet<unknown> = new Set([
  ...Object.values(GUARD_REASONS),
  'denied_by_guard',
  'guard_error',
  'unexpected_error',
]);

/** Whether a reason only repeats the status of a response, unlike a reason in the response's body. */
export function isStatusReason(reason: string | undefined): boolean {
  return STATUS_REASONS.has(reason);
}

function toErrorOutcome(error: unknown, statusCode: number): OperationOutcome {
  if (statusCode >= 500) return { outcome: 'failure', severity: 'error', reason: 'unexpected_error' };
  if (statusCode === 403) return { outcome: 'denied', reason: 'forbidden' };
  if (statusCode === 429) return { outcome: 'denied', reason: 'rate_limited' };
  return { outcome: 'failure', reason: isValidationError(error) ? 'validation' : undefined };
}

/** Whether Nest's pipes threw the error: a 400 with a list of messages, or with "Validation failed …". */
export function isValidationError(error: unknown): boolean {
  const message = readFieldSafely(getErrorResponse(error), 'message');
  return Array.isArray(message) || (typeof message === 'string' && message.startsWith('Validation failed'));
}
