import { expect, it } from '@jest/globals';
import { shownPath } from './log-requests.js';

const ID = '018f3c1e-7b3a-7000-8000-000000000001';

it.each([
  ['/orders', '/orders', '/orders'],
  [`/orders/${ID}/payments?card=1`, '/orders/:id/payments', `/orders/${ID}/payments`],
  ['/orders/ada%40example.com/payments', '/orders/:id/payments', '/orders/:id/payments'],
  [`/admin/users/${ID}/roles/Ada%20L`, '/admin/users/:id/roles/:role', `/admin/users/${ID}/roles/:role`],
  [`/audit/tile/${ID}`, '/audit/tile/*path', '/audit/tile/*path'],
  ['/ada%40example.com', undefined, undefined],
])('of %s on the route %s, the log shows %s', (url, route, shown) => {
  expect(shownPath(url, route)).toBe(shown);
});
