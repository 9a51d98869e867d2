import { AuditContext } from 'nestjs-audit-ledger';
import { buildDetails, ORDER, placeOrder, USER, USER_AGENT } from './order.mjs';

const REQUEST = { ip: '203.0.113.17', userAgent: USER_AGENT };

/** Runs `work` with the actor and the address of a request of the HTTP contenders. */
export function runAsRequest(work) {
  const { tenantId, ...actor } = USER;
  const values = { actor: { type: 'user', ...actor }, tenantId, requestId: USER.sessionId, ...REQUEST };
  return AuditContext.run(values, work);
}

/** Makes the input of one event `order_creation`, with the same content as in the HTTP contenders. */
export function makeInput() {
  const result = placeOrder(ORDER);
  return { resource: { type: 'order', id: result.id }, details: buildDetails(ORDER, result) };
}

/** Makes the same content in the form for the team's table. */
export function makeFacts() {
  return { actor: USER, request: REQUEST, ...makeInput() };
}
