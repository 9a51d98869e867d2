import { UnauthorizedException } from '@nestjs/common';
import { RefusedError } from '../http-input/refused.error.js';

const PROBLEMS = {
  token_missing: 'it needs an access token. Log in, and send "Authorization: Bearer <access token>"',
  token_invalid: 'the access token is invalid. Log in again, and send the new one',
  session_revoked: 'the session is closed. Log in again',
  session_expired: 'the session has expired. Log in again',
  api_key_invalid: 'the API key is unknown or revoked. Make a new one',
  user_inactive: 'the account is inactive. Ask an administrator to activate it',
} as const;
export type TokenProblem = keyof typeof PROBLEMS;

/** HTTP 401: the request has neither a valid access token nor a valid API key. `AccessGuard` catches this error if the token is optional. */
export class UnauthenticatedError extends UnauthorizedException {
  constructor(readonly reason: TokenProblem) {
    super(`Cannot call this route: ${PROBLEMS[reason]}.`);
  }
}

/** Makes the error (403) for a user who may not make this request. */
export function cannotOpen(reason: string, cause: string): Error {
  return new RefusedError(403, reason, `Cannot call this route: ${cause}`);
}

/** Makes the error for a request that concerns the caller's own account, and has an API key. */
export function sessionRequired(): Error {
  const cause = 'it needs a session, but the request has an API key. Log in, and send the access token of the session.';
  return cannotOpen('session_required', cause);
}
