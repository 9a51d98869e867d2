import { UnauthorizedException } from '@nestjs/common';

/** Why a request without a valid access token is refused: the `reason` of its audit event, with a description for the caller. */
const PROBLEMS = {
  token_missing: 'it needs an access token, which the request lacks',
  token_invalid: 'the access token is not one of ours',
  token_expired: 'the access token has expired',
  session_revoked: 'the session is closed',
  session_expired: 'the session is past its end',
  api_key_invalid: 'the API key is not one of ours, or is revoked',
  user_inactive: 'the account is not active',
} as const;
export type TokenProblem = keyof typeof PROBLEMS;

/** HTTP 401: the user who makes this request is unknown. A route that is open to everybody catches it. */
export class UnauthenticatedError extends UnauthorizedException {
  constructor(readonly reason: TokenProblem) {
    super(`Cannot open this route: ${PROBLEMS[reason]}. Log in and send "Authorization: Bearer <access token>".`);
  }
}
