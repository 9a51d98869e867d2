import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import type { Role } from './roles.js';

/** Why a request without a valid access token is refused; the `reason` of its audit event. */
export type TokenProblem = 'token_missing' | 'token_invalid' | 'token_expired' | 'session_revoked' | 'user_inactive';

const SEEN: Readonly<Record<TokenProblem, string>> = {
  token_missing: 'it needs an access token, and the request has none',
  token_invalid: 'the access token is not one of ours',
  token_expired: 'the access token has expired',
  session_revoked: 'the session is closed',
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
