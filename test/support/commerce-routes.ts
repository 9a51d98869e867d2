import { ORDER_ROUTES } from './commerce/order-routes.js';
import { PAYMENT_ROUTES } from './commerce/payment-routes.js';
import { PRODUCT_ROUTES } from './commerce/product-routes.js';
import type { RouteCase } from './commerce/route-case.js';

/** Every state-changing route of products, orders and payments: its success, its failures, its denial. */
export const COMMERCE_ROUTES: readonly RouteCase[] = [...PRODUCT_ROUTES, ...ORDER_ROUTES, ...PAYMENT_ROUTES];
