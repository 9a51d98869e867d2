import { applyDecorators, UseGuards, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { RateLimitGuard } from './rate-limit.guard.js';
import type { Role } from './authenticated-user.js';

/** Who may call a route: everybody; everybody, with the user known if a valid token is sent; or only users with one of the roles. */
export type Access = 'public' | 'optional' | readonly Role[];
const Access = Reflector.createDecorator<Access>();

/** Makes the route, or each route of the controller, refuse API keys, since it concerns the account itself. */
export const SessionOnly = Reflector.createDecorator<true, boolean>({ transform: () => true });

/** Lets accounts that must change their password first call the route, since it leads to that change. */
export const BeforePasswordChange = Reflector.createDecorator<true, boolean>({ transform: () => true });

/** Makes the route, or each route of the controller, need no access token. A decorator on a method overrides that of its controller. */
export function Public(): ClassDecorator & MethodDecorator {
  return applyDecorators(Access('public'), ApiSecurity('public'));
}

/**
 * Makes the route, or each route of the controller, need no access token, but know the user if a valid one is sent; a guard of the route
 * decides whom it answers. A decorator on a method overrides that of its controller.
 */
export function OptionalUser(): ClassDecorator & MethodDecorator {
  return Access('optional');
}

/** Makes the route, or each route of the controller, need one of `roles`. A decorator on a method overrides that of its controller. */
export function Roles(...roles: [Role, ...Role[]]): ClassDecorator & MethodDecorator {
  return applyDecorators(Access(roles), ApiExtension('x-roles', roles));
}

/** Marks that the route, or each route of the controller, takes a secret: how often an address may guess it is limited. */
export function RateLimited(): ClassDecorator & MethodDecorator {
  return applyDecorators(UseGuards(RateLimitGuard), ApiExtension('x-rate-limited', true));
}

/** Returns the access of the called route; `undefined` if none is declared: then every logged-in user may call it. */
export function accessOf(reflector: Reflector, context: ExecutionContext): Access | undefined {
  return reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()]);
}
