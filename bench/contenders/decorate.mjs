import 'reflect-metadata';
import { Body, Controller, Inject, Post, UseGuards } from '@nestjs/common';
import { USER } from './order.mjs';

/** Lets everybody in, as the same user. */
class AuthenticatedGuard {
  canActivate(context) {
    context.switchToHttp().getRequest().user = USER;
    return true;
  }
}

/**
 * Makes a controller of a class with a method `place(order)`: `POST /orders`, for an authenticated user. Decorators are
 * applied by hand, since these files run without a compiler.
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

/** A root module with this content. */
export function rootModule(content) {
  return { module: class BenchModule {}, ...content };
}
