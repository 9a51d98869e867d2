import { InvalidAccessError } from './invalid-access.error.js';

/** What somebody may see of the ledger: everything, the events of some tenants, or one person's events (done by them or to them). */
export type LedgerAccess =
  | { readonly scope: 'all' }
  | { readonly scope: 'tenants'; readonly tenantIds: readonly string[] }
  | { readonly scope: 'subject'; readonly subjectId: string };

/** What somebody wants to do: read events, export them, read metrics, place and release legal holds, erase a person, review events and answer alerts, manage streams. */
export type LedgerPermission = 'read' | 'export' | 'metrics' | 'hold' | 'erase' | 'review' | 'streams';

/** The result of `authorize`: an access. For `review` and `streams`, it also names the permission. */
export type GrantedAccess = LedgerAccess & { readonly permission?: LedgerPermission };

/**
 * Returns what the request may see if it has `permission`, else `false`. For `review` and `streams`, the answer has to repeat the
 * permission, `{ scope: 'all', permission }`: a function that ignores its second parameter lets nobody review or send events elsewhere.
 *
 * @param request Express's or Fastify's, after the application's own guards
 */
export type AuthorizeLedger = {
  // A method, so that a function of `Request` fits as well: its parameters are compared both ways.
  authorize(request: unknown, permission: LedgerPermission): GrantedAccess | false | Promise<GrantedAccess | false>;
}['authorize'];

/**
 * Checks the value that the application's `authorize` returned; `undefined` if it refused.
 *
 * @throws InvalidAccessError (`AUDIT_ACCESS_INVALID`) for anything else, `true` included
 */
export function parseAccess(answer: unknown): LedgerAccess | undefined {
  if (answer === false || answer === undefined || answer === null) return undefined;
  const { scope, tenantIds, subjectId } = Object(answer) as Readonly<Record<string, unknown>>; // plain JavaScript may give anything
  if (scope === 'all') return { scope };
  if (scope === 'tenants' && Array.isArray(tenantIds) && tenantIds.every(isId)) return { scope, tenantIds };
  if (scope === 'subject' && isId(subjectId)) return { scope, subjectId };
  throw InvalidAccessError.create();
}

/** Whether the result of `authorize` grants this permission, and not just some access. */
export function grants(answer: unknown, permission: LedgerPermission): boolean {
  if (permission !== 'review' && permission !== 'streams') return true;
  return (Object(answer) as { readonly permission?: unknown }).permission === permission; // plain JavaScript may give anything
}

/** The settings that tell row-level security what a transaction may see. */
export function settingsOf(access: LedgerAccess): Readonly<Record<string, string>> {
  switch (access.scope) {
    case 'all':
      return { 'audit.reads': 'all' };
    case 'tenants':
      return { 'audit.reads': 'tenants', 'audit.reads_of': arrayOf(access.tenantIds) };
    case 'subject':
      return { 'audit.reads': 'subject', 'audit.reads_of': access.subjectId };
  }
}

/** A PostgreSQL setting cannot contain a zero byte. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function arrayOf(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}

/** What each permission lets somebody do. */
export const PERMITTED: Readonly<Record<LedgerPermission, string>> = {
  read: 'read the audit log',
  export: 'export the audit log',
  metrics: 'read the metrics of the audit log',
  hold: 'see, place or release legal holds',
  erase: 'erase a person or report on one',
  review: 'review events or answer alerts',
  streams: 'see or change where the audit log is sent',
};

/** The body of the 403 that somebody without `permission` gets. */
export function refusalFor(permission: LedgerPermission) {
  return {
    statusCode: 403,
    error: 'Forbidden',
    code: 'AUDIT_ACCESS_DENIED',
    message: `Cannot ${PERMITTED[permission]}: the application does not grant "${permission}" to you. Ask its administrator for it.`,
  } as const;
}

/** Who may see which part of the ledger. */
export interface AccessOptions {
  readonly authorize: AuthorizeLedger;
  readonly publicCheckpoints: boolean;
  readonly publicMetrics: boolean;
  readonly metricsToken?: string | undefined;
  readonly recordReads: boolean;
}

export const ACCESS_OPTIONS = Symbol.for('nestjs-audit-ledger:access-options');
