import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RefusedError } from '../../../http-input/refused.error.js';
import { accessOf } from './access.decorators.js';
import type { AuthenticatedRequest } from './authenticated-user.js';

/**
 * Lets a request through whose user has one of the roles that the route's `@Roles()` names. Runs after the
 * AccessTokenGuard, so that an unknown user gets 401 and not 403.
 *
 * @throws RefusedError (403)
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const access = accessOf(this.reflector, context);
    if (access === undefined || access === 'public' || access === 'optional') return true;
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (user?.roles.some((role) => access.includes(role))) return true;
    const seen = `it needs the role ${access.join(' or ')}. Ask an administrator for it.`;
    throw new RefusedError(403, 'missing_role', `Cannot open this route: ${seen}`);
  }
}
