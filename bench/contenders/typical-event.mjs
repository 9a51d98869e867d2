import { AuditContext } from 'nestjs-audit-ledger';
import { detailsOf, ORDER, placeOrder, USER, USER_AGENT } from './order.mjs';

const REQUEST = { ip: '203.0.113.17', userAgent: USER_AGENT, method: 'POST' };
const ROUTE = '/orders';

/** Runs `work` as if it were in a request of the HTTP contenders: with the same actor, address and request. */
export function runAsRequest(work) {
  const { tenantId, ...actor } = USER;
  const values = { actor: { type: 'user', ...actor }, tenantId, requestId: USER.sessionId, ...REQUEST, route };
  return AuditContext.run(values, work);
}

/** Returns the route. It is read only when the event is made, as in a real scope, because a router knows the route late. */
const route = () => ROUTE;

/** Makes the input of one event `order_creation`, with the same content as in the HTTP contenders. */
export function makeInput() {
  const result = placeOrder(ORDER);
  return { resource: { type: 'order', id: result.id }, details: detailsOf(ORDER, result) };
}

/** Makes the same content in the form for the team's table. */
export function makeFacts() {
  return { actor: USER, request: { ...REQUEST, route: ROUTE, statusCode: 201, durationMs: 1.25 }, ...makeInput() };
}
