import { z } from 'zod';
import { defineAuditEvents, type DefinedAuditEvents } from '../../src/audit/index.js';

export const BILLING_EVENTS = defineAuditEvents({
  invoice_exported: {
    action: 'invoice_export',
    outcome: 'success',
    category: 'billing',
    severity: 'warning',
    aliases: ['invoice_sent'],
    compliance: ['sox'],
    personal: ['recipient'],
    details: z.strictObject({
      invoiceId: z.string(),
      lines: z.number().int().optional(),
      recipient: z.email().optional(),
    }),
  },
  invoice_export_refused: { action: 'invoice_export', outcome: 'denied', category: 'billing' },
  invoice_viewed: { action: 'invoice_view', outcome: 'success', category: 'billing' },
});

declare module '../../src/audit/index.js' {
  interface AuditEventRegistry extends DefinedAuditEvents<typeof BILLING_EVENTS> {}
}
