// JavaScript code must call decorators by hand.
import { createServer } from 'node:net';
import { Controller, Module, Post } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { Audited, AuditModule } from 'nestjs-audit-ledger';

class PaymentsController {
  constructor() {
    throw new Error('nothing may be started');
  }
  pay() {}
  refund() {}
}
decorate('pay', Post('pay'), Audited('order_payment'));
decorate('refund', Post('refund'));
Controller('payments')(PaymentsController);

function decorate(method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(PaymentsController.prototype, method);
  for (const decorator of decorators) decorator(PaymentsController.prototype, method, descriptor);
}

class PaymentsModule {}
Module({ controllers: [PaymentsController] })(PaymentsModule);

export class ShopModule {}
Module({
  imports: [AuditModule.forRoot(), PaymentsModule, RouterModule.register([{ path: 'shop', module: PaymentsModule }])],
})(ShopModule);

export const dynamicModule = { module: class DynamicShopModule {}, imports: [ShopModule] };
export const returned = () => dynamicModule;
export const promised = async () => dynamicModule;
export const failing = () => {
  throw new Error('no configuration');
};
export const ofEnvironment = () => {
  if (process.env.SHOP !== 'open') throw new Error('SHOP is not open');
  return dynamicModule;
};
export const nothing = 7;

class ServiceModule {}
Module({ providers: [{ provide: 'service', useFactory: () => 7, inject: ['nowhere'] }] })(ServiceModule);
export const unresolved = { module: ServiceModule };

export default ShopModule;

// The command must end even if a module opens a server when the module loads.
createServer().listen(0, '127.0.0.1');
