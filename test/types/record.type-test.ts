/** Nothing here runs: `npm run typecheck` fails if a line with an expected error compiles. */
import type { AuditAggregator, AuditEventName } from '../../src/audit/index.js';
import type {} from '../support/billing-events.js';

interface Report {
  readonly rows: number;
}

export async function recordAny(audit: AuditAggregator, anyName: string, name: AuditEventName, report: Report) {
  // An event type takes the details that its list names.
  await audit.record('role_assigned', { details: { roleName: 'auditor', assignedBy: 7 } });
  // @ts-expect-error a misspelt field
  await audit.record('role_assigned', { details: { roleNam: 'x' } });
  // @ts-expect-error a field in the lists' own spelling
  await audit.record('role_assigned', { details: { role_name: 'x' } });
  // @ts-expect-error a value of another kind
  await audit.record('role_assigned', { details: { roleName: 7 } });
  // @ts-expect-error a field of another outcome
  await audit.record('user_login_attempted', { details: { attempts: 3 } });
  // @ts-expect-error a misspelt field outside a literal
  await audit.record('role_assigned', { details: { ...report } as { roleNam: string } });

  // An alias takes the details of its event type.
  await audit.record('login_failure', { details: { reason: 'invalid_password', attempts: 3 } });
  // @ts-expect-error a misspelt field
  await audit.record('login_failure', { details: { attempt: 3 } });

  // An action takes the details of all its event types.
  await audit.record('role_assignment', { outcome: 'failure', details: { reason: 'no_permission', assignedBy: 'a' } });
  // @ts-expect-error a misspelt field
  await audit.record('role_assignment', { details: { roleNam: 'x' } });

  // Fields with usual values accept other values, except a few closed fields.
  await audit.record('user_login_failed', { details: { reason: 'on_holiday' } });
  await audit.record('provider_connected', { details: { connectionMethod: 'carrier_pigeon' } });
  // @ts-expect-error no type of a backup
  await audit.record('admin_backup_created', { details: { backupType: 'half' } });
  // @ts-expect-error a text for a number
  await audit.record('rate_limit_check_allowed', { details: { remainingTokens: 'many' } });

  // Names without listed fields, custom names, and names known only at run time take any details.
  await audit.record('order_created', { details: { totalCents: 450 } });
  await audit.record('shop:import.v2', { details: report });
  await audit.record(anyName, { details: { anything: true } });
  await audit.record(name, { details: { anything: true } });
  await audit.record('order_created');

  // A team's own event types take what their schemas take.
  await audit.record('invoice_exported', { details: { invoiceId: 'i-1', recipient: 'ada@example.com' } });
  await audit.record('invoice_sent', { details: { invoiceId: 'i-1' } });
  await audit.record('invoice_export', { details: { invoiceId: 'i-1' } });
  await audit.record('invoice_viewed', { details: { anything: true } });
  // @ts-expect-error a misspelt field
  await audit.record('invoice_exported', { details: { invoiceNo: 'i-1' } });
  // @ts-expect-error a misspelt field, under an alias
  await audit.record('invoice_sent', { details: { invoiceId: 'i-1', line: 7 } });
  // @ts-expect-error a required field that is missing
  await audit.record('invoice_exported', { details: { lines: 7 } });
}
