import { AuditContext } from 'nestjs-audit-ledger';
import { detailsOf, ORDER, placeOrder, USER, USER_AGENT } from './order.mjs';

const REQUEST = { ip: '203.0.113.17', userAgent: USER_AGENT, method: 'POST' };
const ROUTE = '/orders';

/** Runs `work` as the request of the HTTP contenders would: who, from where, by which request. */
export function runAsRequest(work) {
  const { tenantId, ...actor } = USER;
  const values = { actor: { type: 'user', ...actor }, tenantId, requestId: USER.sessionId, ...REQUEST, route };
  return AuditContext.run(values, work);
}

/** Read when the event is made, as in a scope: a router knows it late. */
const route = () => ROUTE;

/** The input of one `order_creation`, as the HTTP contenders have it. */
export function makeInput() {
  const result = placeOrder(ORDER);
  return { resource: { type: 'order', id: result.id }, details: detailsOf(ORDER, result) };
}

/** The same for the team's table. */
export function makeFacts() {
  return { actor: USER, request: { ...REQUEST, route: ROUTE, statusCode: 201, durationMs: 1.25 }, ...makeInput() };
}
