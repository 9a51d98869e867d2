import { applyDecorators, UseGuards, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { RateLimitGuard } from './rate-limit.guard.js';
import type { Role } from './authenticated-user.js';

/** Who may call a route: everybody; everybody, whose user is known where one is shown; or those with one of the roles. */
export type Access = 'public' | 'optional' | readonly Role[];
const Access = Reflector.createDecorator<Access>();

/** The route, or each route of the controller, refuses API keys: it concerns the account itself. */
export const SessionOnly = Reflector.createDecorator<true, boolean>({ transform: () => true });

/** The route is open to those who must change their password first: it is on the way there. */
export const BeforePasswordChange = Reflector.createDecorator<true, boolean>({ transform: () => true });

/** The route, or each route of the controller, needs no access token. What a method says overrides its controller. */
export function Public(): ClassDecorator & MethodDecorator {
  return applyDecorators(Access('public'), ApiSecurity('public'));
}

/**
 * The route, or each route of the controller, needs no access token, and knows the user where a right one is shown: whom it
 * answers, a guard of its own decides. What a method says overrides its controller.
 */
export function OptionalUser(): ClassDecorator & MethodDecorator {
  return Access('optional');
}

/** The route, or each route of the controller, needs one of `roles`. What a method says overrides its controller. */
export function Roles(...roles: [Role, ...Role[]]): ClassDecorator & MethodDecorator {
  return applyDecorators(Access(roles), ApiExtension('x-roles', roles));
}

/** The route, or each route of the controller, takes a secret: how often an address may guess it is limited. */
export function RateLimited(): ClassDecorator & MethodDecorator {
  return applyDecorators(UseGuards(RateLimitGuard), ApiExtension('x-rate-limited', true));
}

/** What the called route says of its access; `undefined` when nothing: then for everybody who is logged in. */
export function accessOf(reflector: Reflector, context: ExecutionContext): Access | undefined {
  return reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()]);
}
