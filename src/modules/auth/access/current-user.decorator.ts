import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest, AuthenticatedUser, SessionUser } from './authenticated-user.js';

/**
 * The parameter that takes the authenticated user.
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

/**
 * The parameter that takes the authenticated user with his session.
 *
 * @throws Error on a route that is not `@SessionOnly()` when an API key was sent
 */
export const CurrentSession = createParamDecorator((_: undefined, context: ExecutionContext): SessionUser => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user?.sessionId !== undefined) return { ...user, sessionId: user.sessionId };
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  throw new Error(
    `Cannot give ${route} the current session: the request has no session. Mark the route @SessionOnly().`,
  );
});
