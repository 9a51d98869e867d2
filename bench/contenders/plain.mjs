import { APP_INTERCEPTOR } from '@nestjs/core';
import { ordersController, rootModule } from './decorate.mjs';
import { placeOrder } from './order.mjs';

/** A route that nobody audits. */
export function bare() {
  return rootModule({ controllers: [plainOrders()] });
}

/** The same behind an interceptor that does nothing. */
export function noop() {
  const interceptor = { intercept: (_context, next) => next.handle() };
  return rootModule({
    controllers: [plainOrders()],
    providers: [{ provide: APP_INTERCEPTOR, useValue: interceptor }],
  });
}

/** A controller of its own for each module. */
export function plainOrders() {
  return ordersController(
    class OrdersController {
      place(order) {
        return placeOrder(order);
      }
    },
  );
}
