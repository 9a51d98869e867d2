import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest, AuthenticatedUser } from './authenticated-user.js';

/**
 * The parameter that takes the authenticated user.
 *
 * @throws Error on a `@Public()` route, where there is none
 */
export const CurrentUser = createParamDecorator((_: undefined, context: ExecutionContext): AuthenticatedUser => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user) return user;
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  throw new Error(
    `Cannot give ${route} the current user: the route is public. Remove its @Public() or its @CurrentUser().`,
  );
});
