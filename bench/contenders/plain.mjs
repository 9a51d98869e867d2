import { ordersController, rootModule } from './decorate.mjs';
import { placeOrder } from './order.mjs';

/** A route without an audit. */
export function bare() {
  return rootModule({ controllers: [plainOrders()] });
}

/** Makes a new controller class for each module. */
export function plainOrders() {
  return ordersController(
    class OrdersController {
      place(order) {
        return placeOrder(order);
      }
    },
  );
}
