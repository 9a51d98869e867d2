import { createHmac, type KeyObject } from 'node:crypto';

/** Signs a context, as JSON, for the setting `audit.context`: `v1.<HMAC-SHA-256 in hex>.<JSON in ASCII>`. */
export function signContext(key: string | KeyObject, facts: string, atMs: number): string {
  const json = `{"signedAt":${atMs},${escapeNonAscii(facts).slice(1)}`;
  return `v1.${createHmac('sha256', key).update(json).digest('hex')}.${json}`;
}

/** ASCII has the same bytes in databases of every encoding. */
function escapeNonAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
