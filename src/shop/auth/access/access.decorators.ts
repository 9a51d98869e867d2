import { applyDecorators, UseGuards, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import { RateLimitGuard } from './rate-limit.guard.js';
import type { Role } from './authenticated-user.js';

/** Who may call a route: everybody (`public`); everybody, with or without a token (`optional`); or only users with one of the roles. */
export type Access = 'public' | 'optional' | readonly Role[];
const Access = Reflector.createDecorator<Access>();

const NeedsSession = Reflector.createDecorator<boolean | undefined>();

/** Makes a route or a controller public: a request needs no access token. A decorator of a method overrides its controller's decorator. */
export function Public(): ClassDecorator & MethodDecorator {
  return applyDecorators(Access('public'), ApiSecurity('public'));
}

/**
 * Makes the access token optional on a route or a controller. Another guard of the route decides about access. A decorator of a method
 * overrides its controller's decorator.
 */
export function OptionalUser(): ClassDecorator & MethodDecorator {
  return Access('optional');
}

/** Allows a route or a controller only to users with one of the `roles`. A decorator of a method overrides its controller's decorator. */
export function Roles(...roles: [Role, ...Role[]]): ClassDecorator & MethodDecorator {
  return applyDecorators(Access(roles), ApiExtension('x-roles', roles));
}

/**
 * Refuses API keys on a route or a controller. Every controller of the caller's own account has this decorator, and `@SessionOnly(false)` allows keys
 * on one of its routes.
 */
export function SessionOnly(only = true): ClassDecorator & MethodDecorator {
  return applyDecorators(NeedsSession(only), ApiExtension('x-session-only', only));
}

/** Limits the requests from one address to a route or a controller that accepts a secret. */
export function RateLimited(): ClassDecorator & MethodDecorator {
  return applyDecorators(UseGuards(RateLimitGuard), ApiExtension('x-rate-limited', true));
}

/** Returns whether the route refuses API keys. */
export function needsSession(reflector: Reflector, context: ExecutionContext): boolean {
  return reflector.getAllAndOverride(NeedsSession, [context.getHandler(), context.getClass()]) ?? false;
}

/** Returns who may call the route. Returns `undefined` for a route without a decorator, which every logged-in user may call. */
export function accessOf(reflector: Reflector, context: ExecutionContext): Access | undefined {
  return reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()]);
}
