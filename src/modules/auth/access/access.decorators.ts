import { applyDecorators, UseGuards, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { RateLimitGuard } from './rate-limit.guard.js';
import type { Role } from './authenticated-user.js';

/** The callers of a route: everybody (`public`, or `optional`, which also accepts a token), or only users with one of the roles. */
export type Access = 'public' | 'optional' | readonly Role[];
const Access = Reflector.createDecorator<Access>();

/** Makes the route, or each route of the controller, refuse API keys, because it changes the account itself. */
export const SessionOnly = Reflector.createDecorator<true, boolean>({ transform: () => true });

/** Allows the route to accounts that must change their password. */
export const BeforePasswordChange = Reflector.createDecorator<true, boolean>({ transform: () => true });

/** Makes the route, or each route of the controller, public: it needs no access token. A method's decorator overrides its controller's. */
export function Public(): ClassDecorator & MethodDecorator {
  return applyDecorators(Access('public'), ApiSecurity('public'));
}

/**
 * Makes the access token of the route, or of each route of the controller, optional. Another guard of the route decides about access. A
 * method's decorator overrides its controller's.
 */
export function OptionalUser(): ClassDecorator & MethodDecorator {
  return Access('optional');
}

/** Makes the route, or each route of the controller, require one of `roles`. A method's decorator overrides its controller's. */
export function Roles(...roles: [Role, ...Role[]]): ClassDecorator & MethodDecorator {
  return applyDecorators(Access(roles), ApiExtension('x-roles', roles));
}

/** Limits the rate of requests from one address to the route, or to each route of the controller, because it accepts a secret. */
export function RateLimited(): ClassDecorator & MethodDecorator {
  return applyDecorators(UseGuards(RateLimitGuard), ApiExtension('x-rate-limited', true));
}

/** Returns the access of the called route; `undefined` without a decorator: every logged-in user may then call it. */
export function accessOf(reflector: Reflector, context: ExecutionContext): Access | undefined {
  return reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()]);
}
