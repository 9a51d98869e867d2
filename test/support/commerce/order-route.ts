import { ANY_ID, routeCases, type BriefCase, type RouteCase } from './route-case.js';

/** The cases of a route of the orders, and its denial. */
export function orderRoute(
  pattern: string,
  method: string,
  type: string,
  action: string,
  status: number,
  deniedBody: object | undefined,
  cases: readonly BriefCase[],
): readonly RouteCase[] {
  const by = /\/(?:ship|refunds)$/.test(pattern) ? 'admin' : 'customer';
  const fixed = { route: `${method} ${pattern}`, by, resourceType: 'order' } as const;
  return routeCases(fixed, { type, action, status }, deniedBody, cases);
}

/** The route is called with an id that no order has. */
export function unknownOrder(rest: string, body?: object): BriefCase {
  return {
    case: 'does not find an order of another id',
    prepare: () => ({ path: `/orders/${ANY_ID}${rest}`, ...(body ? { body } : {}), resourceId: ANY_ID }),
    status: 404,
    reason: 'order_not_found',
  };
}
