import { createSecretKey, type KeyObject, createHmac } from 'node:crypto';
import type { AuditScope } from '../context/audit-scope.js';
import { rowContextOf } from './row-context.js';

/** The database accepts a context for five minutes after it was signed; a job may take longer. */
const SIGN_AGAIN_MS = 60_000;

interface Signed {
  readonly facts: string;
  readonly atMs: number;
  readonly setting: string;
}

/** Makes the value of the setting `audit.context`. */
export class ContextSigner {
  private readonly key: KeyObject;
  private readonly signed = new WeakMap<AuditScope, Signed>();

  constructor(
    key: string,
    private readonly now: () => number = Date.now,
  ) {
    this.key = createSecretKey(Buffer.from(key));
  }

  /** Returns the setting for statements in `scope`; it is signed once, unless its values change. '' if there is no context. */
  settingOf(scope: AuditScope | undefined): string {
    const context = scope && rowContextOf(scope);
    if (!context) return '';
    const facts = JSON.stringify(context);
    const before = this.signed.get(scope);
    const atMs = this.now();
    if (before?.facts === facts && Math.abs(atMs - before.atMs) < SIGN_AGAIN_MS) return before.setting;
    const setting = signContext(this.key, facts, atMs);
    this.signed.set(scope, { facts, atMs, setting });
    return setting;
  }
}

/** Signs a context, as JSON, for the setting `audit.context`: `v1.<HMAC-SHA-256 in hex>.<JSON in ASCII>`. */
export function signContext(key: string | KeyObject, facts: string, atMs: number): string {
  const json = `{"signedAt":${atMs},${inAscii(facts).slice(1)}`;
  return `v1.${createHmac('sha256', key).update(json).digest('hex')}.${json}`;
}

/** Escapes JSON as ASCII, so that it has the same bytes in databases of every encoding. */
function inAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
