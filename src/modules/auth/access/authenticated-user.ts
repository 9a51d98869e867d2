import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** What a user may be allowed to: `user` is everybody with an account. */
export const ROLES = ['user', 'admin', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

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
  readonly ip?: string;
  user?: AuthenticatedUser;
}

/**
 * The parameter that takes the authenticated user: of a `@SessionOnly()` route, a {@link SessionUser}.
 *
 * @throws Error on a `@Public()` route, without one
 */
export const CurrentUser = createParamDecorator((_: undefined, context: ExecutionContext): AuthenticatedUser => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user) return user;
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  throw new Error(
    `Cannot give ${route} the current user: the route is public. Remove its @Public() or its @CurrentUser().`,
  );
});
