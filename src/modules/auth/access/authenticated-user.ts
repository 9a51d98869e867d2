import type { Role } from './roles.js';

/** Who a request is by, as the database said when it came in. The guards leave it on `request.user`. */
export interface AuthenticatedUser {
  /** UUID of the account. */
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** UUID of the session that the access token belongs to; none when an API key was sent. */
  readonly sessionId?: string;
}

/** Who a request to a `@SessionOnly()` route is by. */
export type SessionUser = AuthenticatedUser & { readonly sessionId: string };

/** What of a request, Express's or Fastify's, the guards read and write. */
export interface AuthenticatedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  user?: AuthenticatedUser;
}
