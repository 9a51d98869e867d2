import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { firstIdAt } from '../../dist/src/modules/monitoring/store/id-time.js';

const MONTH_MS = 30 * 86_400_000;
const BEGIN = Date.parse('2026-01-01T00:00:00Z');
const random = randomBytes(65_536).toString('hex');

/** A line of an archive, as a log-in or an order leaves it. */
export function makeLine(nth, events) {
  const at = BEGIN + Math.floor((nth / events) * MONTH_MS);
  const id = `${firstIdAt(new Date(at)).slice(0, -12)}${nth.toString(16).padStart(12, '0')}`;
  const isFailure = nth % 100 === 0;
  const actorId = nth === Math.floor(events / 3) ? 'rare-1' : `user-${(nth * 7_919) % 50_000}`;
  const hex = (bytes) => random.slice((nth * 31) % 100_000, ((nth * 31) % 100_000) + 2 * bytes);
  const sealed = {
    ...{
      action: isFailure ? 'user_login' : 'order_creation',
      actor: { id: actorId, sessionId: hex(16), type: 'user' },
    },
    ...{
      category: isFailure ? 'authentication' : 'order',
      details: { amount: (nth * 37) % 10_000, currency: 'EUR', items: nth % 9 },
    },
    ...{ id, occurredAt: new Date(at).toISOString(), outcome: isFailure ? 'failure' : 'success' },
    personal: Buffer.from(hex(32), 'hex').toString('base64'),
    request: {
      durationMs: 12.3,
      id: hex(16),
      method: 'POST',
      route: '/orders',
      statusCode: isFailure ? 401 : 201,
      traceId: hex(16),
    },
    ...{ resource: { id: `order-${nth}`, type: 'order' }, schemaVersion: 2, severity: isFailure ? 'warning' : 'info' },
    ...{ tenantId: `tenant-${nth % 1_000}`, type: isFailure ? 'user_login_failed' : 'order_created' },
  };
  const personal = {
    '/actor/name': `Person ${actorId}`,
    '/request/ip': `203.0.${nth % 250}.${nth % 199}`,
    '/request/userAgent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
  };
  return { index: nth, sealed, personal, salt: Buffer.from(hex(16), 'hex').toString('base64') };
}
