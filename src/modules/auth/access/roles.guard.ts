import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuditContext } from '../../../audit/index.js';
import { accessOf } from './access.decorators.js';
import { MissingRoleError } from './access.error.js';
import type { AuthenticatedRequest } from './authenticated-user.js';

/**
 * Lets a request through whose user has one of the roles that the route's `@Roles()` names. Runs after the
 * AccessTokenGuard, so that an unknown user gets 401 and not 403.
 *
 * @throws MissingRoleError (HTTP 403)
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
    AuditContext.annotate({ reason: 'missing_role' });
    throw new MissingRoleError(access);
  }
}
