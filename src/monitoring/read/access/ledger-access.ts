import { readErrors } from '../../errors/read.errors.js';

/** The events that a reader may see: all events, the events of some tenants, or the events by or about one person. */
export type LedgerAccess =
  | { readonly scope: 'all' }
  | { readonly scope: 'tenants'; readonly tenantIds: readonly string[] }
  | { readonly scope: 'subject'; readonly subjectId: string };

/** The operations for which a request may need permission. */
export type LedgerPermission = 'read' | 'export' | 'metrics' | 'hold' | 'erase' | 'consumers';

/** The result of `authorize`. For `consumers`, the result must also repeat the permission. */
export type GrantedAccess = LedgerAccess & { readonly permission?: LedgerPermission };

/**
 * Returns the access of the request if the request has `permission`; otherwise `false`. For `consumers`, the result must repeat
 * the permission: `{ scope: 'all', permission }`. So a function that ignores `permission` cannot grant `consumers` by mistake.
 *
 * @param request the request of Express or Fastify, after the application's own guards
 */
export type AuthorizeLedger = {
  // Declared as a method, so that TypeScript accepts a function whose parameter is a `Request`.
  authorize(request: unknown, permission: LedgerPermission): GrantedAccess | false | Promise<GrantedAccess | false>;
}['authorize'];

/**
 * Checks the value that the application's `authorize` returned. Returns `undefined` if `authorize` refused.
 *
 * @throws `AUDIT_ACCESS_INVALID` for any other value, including `true`
 */
export function parseAccess(result: unknown): LedgerAccess | undefined {
  if (result === false || result === undefined || result === null) return undefined;
  const { scope, tenantIds, subjectId } = Object(result) as Readonly<Record<string, unknown>>; // plain JavaScript may return any value
  if (scope === 'all') return { scope };
  if (scope === 'tenants' && Array.isArray(tenantIds) && tenantIds.every(isId)) return { scope, tenantIds };
  if (scope === 'subject' && isId(subjectId)) return { scope, subjectId };
  const ids = scope === 'tenants' ? 'tenantIds' : scope === 'subject' && 'subjectId';
  throw readErrors.AUDIT_ACCESS_INVALID(
    ids ? `the scope ${String(scope)} without valid ${ids} (non-empty texts)` : 'neither false nor an access',
  );
}

/** Whether a reader may learn how many events the ledger has. A person who sees only their own events may not, except from a proof of an own event. */
export function canSeeSize({ scope }: LedgerAccess): boolean {
  return scope !== 'subject';
}

/** Whether the result of `authorize` grants this permission. For `consumers`, the result must repeat the permission. */
export function grants(result: unknown, permission: LedgerPermission): boolean {
  if (permission !== 'consumers') return true;
  return (Object(result) as { readonly permission?: unknown }).permission === permission; // plain JavaScript may return any value
}

/** Returns the PostgreSQL settings for row-level security, which limit the rows that a transaction can read. */
export function toSessionSettings(access: LedgerAccess): Readonly<Record<string, string>> {
  switch (access.scope) {
    case 'all':
      return { 'audit.reads': 'all' };
    case 'tenants':
      return { 'audit.reads': 'tenants', 'audit.reads_of': toPgArray(access.tenantIds) };
    case 'subject':
      return { 'audit.reads': 'subject', 'audit.reads_of': access.subjectId };
  }
}

/** A PostgreSQL setting cannot contain a zero byte. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function toPgArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}

/** The operation that each permission allows, as a part of the message in {@link createForbiddenError}. */
export const PERMISSION_PHRASES: Readonly<Record<LedgerPermission, string>> = {
  read: 'read the audit log',
  export: 'export the audit log',
  metrics: 'read the metrics of the audit log',
  hold: 'see, place or release legal holds',
  erase: 'erase a person or report on one',
  consumers: 'see and change the consumers of the log',
};

/** The body of the response 403 to a request without `permission`. */
export function createForbiddenError(permission: LedgerPermission) {
  const { code, message } = readErrors.AUDIT_ACCESS_DENIED(PERMISSION_PHRASES[permission], permission);
  return { statusCode: 403, error: 'Forbidden', code, message } as const;
}

export interface AccessOptions {
  readonly authorize: AuthorizeLedger;
  readonly publicCheckpoints: boolean;
  readonly metricsToken?: string | undefined;
  readonly recordReads: boolean;
}

export const ACCESS_OPTIONS = Symbol.for('nestjs-audit-ledger:access-options');
