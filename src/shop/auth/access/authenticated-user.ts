import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** The roles that users can have; every account has the role `user`. */
export const ROLES = ['user', 'admin', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** The user of a request, with the values that the database had at the time of the request. Guards store this object as `request.user`. */
export interface AuthenticatedUser {
  /** UUID of the account. */
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** UUID of the access token's session; absent for an API key. */
  readonly sessionId?: string;
}

/** The user of a request to a `@SessionOnly()` route. */
export type SessionUser = AuthenticatedUser & { readonly sessionId: string };

/** The part of the request of Express or Fastify that the guards read and write. */
export interface AuthenticatedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string;
  user?: AuthenticatedUser;
}

/**
 * Passes the authenticated user to a parameter. On a `@SessionOnly()` route, the user is a {@link SessionUser}.
 *
 * @throws Error on a `@Public()` route, which has no user
 */
export const CurrentUser = createParamDecorator((_: undefined, context: ExecutionContext): AuthenticatedUser => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user) return user;
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  throw new Error(
    `Cannot give ${route} the current user: the route is public. Remove its @Public() or its @CurrentUser().`,
  );
});
