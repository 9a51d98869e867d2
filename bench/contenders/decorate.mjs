import 'reflect-metadata';
import { Body, Controller, Inject, Post, UseGuards } from '@nestjs/common';
import { USER } from './order.mjs';

/** A guard that accepts every request, always as the same user. */
class AuthenticatedGuard {
  canActivate(context) {
    context.switchToHttp().getRequest().user = USER;
    return true;
  }
}

/**
 * Makes a controller from a class with a method `place(order)`. The route is `POST /orders`, for an authenticated user. Decorators are
 * called as functions, because these files run without a compiler.
 */
export function ordersController(type, { inject = [], decorators = [] } = {}) {
  Body()(type.prototype, 'place', 0);
  Reflect.decorate(
    [Post('orders'), ...decorators],
    type.prototype,
    'place',
    Object.getOwnPropertyDescriptor(type.prototype, 'place'),
  );
  inject.forEach((token, index) => Inject(token)(type, undefined, index));
  return Reflect.decorate([Controller(), UseGuards(AuthenticatedGuard)], type);
}

export function rootModule(content) {
  return { module: class BenchModule {}, ...content };
}
