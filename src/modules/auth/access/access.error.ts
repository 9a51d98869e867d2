import { ForbiddenException, HttpException, UnauthorizedException } from '@nestjs/common';
import type { Role } from './roles.js';

/** Why a request without a valid access token is refused; the `reason` of its audit event. */
export type TokenProblem =
  | 'token_missing'
  | 'token_invalid'
  | 'token_expired'
  | 'session_revoked'
  | 'session_expired'
  | 'api_key_invalid'
  | 'user_inactive';

const SEEN: Readonly<Record<TokenProblem, string>> = {
  token_missing: 'it needs an access token, which the request lacks',
  token_invalid: 'the access token is not one of ours',
  token_expired: 'the access token has expired',
  session_revoked: 'the session is closed',
  session_expired: 'the session is past its end',
  api_key_invalid: 'the API key is not one of ours, or is revoked',
  user_inactive: 'the account is not active',
};

/** HTTP 401: nobody we know makes this request. */
export class UnauthenticatedError extends UnauthorizedException {
  constructor(readonly reason: TokenProblem) {
    super(`Cannot open this route: ${SEEN[reason]}. Log in and send "Authorization: Bearer <access token>".`);
  }
}

/** HTTP 403: the user has none of the roles that the route needs. */
export class MissingRoleError extends ForbiddenException {
  readonly reason = 'missing_role';

  constructor(roles: readonly Role[]) {
    super(`Cannot open this route: it needs the role ${roles.join(' or ')}. Ask an administrator for it.`);
  }
}

/** HTTP 403: the route needs somebody who logged in, and an API key came. */
export class SessionRequiredError extends ForbiddenException {
  readonly reason = 'session_required';

  constructor() {
    super(
      'Cannot open this route: it needs a session, and the request has an API key. Log in and send its access token.',
    );
  }
}

/** HTTP 403: the account's password was given by somebody else, and must be changed before anything else. */
export class PasswordChangeRequiredError extends ForbiddenException {
  readonly reason = 'password_change_required';

  constructor() {
    super('Cannot open this route: the password must be changed first. POST /auth/me/password does that.');
  }
}

/** HTTP 429: too many requests from one address. */
export class TooManyRequestsError extends HttpException {
  constructor(seconds: number) {
    super(
      `Cannot accept this request: too many requests came from this address. Try again in ${seconds} seconds.`,
      429,
    );
  }
}
