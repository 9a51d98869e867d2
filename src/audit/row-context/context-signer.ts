import { createSecretKey, type KeyObject } from 'node:crypto';
import type { AuditScope } from '../context/audit-scope.js';
import { rowContextOf } from './row-context.js';
import { signContext } from './sign-context.js';

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
