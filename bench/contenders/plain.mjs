import { ordersController, rootModule } from './decorate.mjs';
import { placeOrder } from './order.mjs';

/** A route that nobody audits. */
export function bare() {
  return rootModule({ controllers: [plainOrders()] });
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
